package import GatewayAPI

/// A token for the agents' door and what it allows.
package struct AccessToken: Sendable {
    /// Who holds it: `queue:decode`, `agent:risk`. Stands beside what they write.
    package let holder: String
    package let scopes: Set<Scope>
    private let secret: [UInt8]

    package init(secret: String, holder: String, scopes: Set<Scope>) {
        self.secret = Array(secret.utf8)
        self.holder = holder
        self.scopes = scopes
    }

    /// Compares in a time that depends on the length offered alone.
    func matches(_ offered: String) -> Bool {
        let offered = Array(offered.utf8)
        guard offered.count == secret.count, !secret.isEmpty else { return false }
        var difference: UInt8 = 0
        for (a, b) in zip(offered, secret) { difference |= a ^ b }
        return difference == 0
    }
}
