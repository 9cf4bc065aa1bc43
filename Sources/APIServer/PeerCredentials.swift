internal import NIOCore

/// Who is at the other end of a Unix socket, as the kernel says: the process that connected, and its primary group only.
struct PeerCredentials: Sendable, Hashable {
    let process: Int32
    let user: UInt32

    /// Layout of the kernel's `struct ucred` (unix(7)).
    private struct Raw: Sendable {
        var process: Int32 = 0
        var user: UInt32 = 0
        var group: UInt32 = 0
    }

    /// Nil where the kernel does not say.
    static func of(_ channel: any Channel) async -> PeerCredentials? {
        guard let provider = channel as? any SocketOptionProvider else { return nil }
        // SO_PEERCRED
        let name = NIOBSDSocket.Option(rawValue: 17)
        guard let raw: Raw = try? await provider.unsafeGetSocketOption(level: .socket, name: name).get() else { return nil }
        return PeerCredentials(process: raw.process, user: raw.user)
    }
}
