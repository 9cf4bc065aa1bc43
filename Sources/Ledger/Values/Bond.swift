/// A bond that this gateway made itself: one that is not in the ledger is a stranger's.
package struct Bond: Sendable, Hashable {
    package enum Method: String, Sendable, Hashable, CaseIterable {
        case passkey, comparison
        /// Nothing was asked of our agent.
        case justWorks = "just_works"
    }

    /// The adapter's own address, `AA:BB:CC:DD:EE:FF`.
    package let adapter: String
    /// The card's identity address.
    package let peer: String
    /// `public` or `random`.
    package let peerKind: String
    package let method: Method

    package init(adapter: String, peer: String, peerKind: String, method: Method) {
        self.adapter = adapter
        self.peer = peer
        self.peerKind = peerKind
        self.method = method
    }
}
