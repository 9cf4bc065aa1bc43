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
    static func of(_ channel: any Channel) async -> PeerCredentials? { try? await asked(of: channel)?.get() }

    static func asked(of channel: any Channel) -> EventLoopFuture<PeerCredentials>? {
        guard let provider = channel as? any SocketOptionProvider else { return nil }
        // SO_PEERCRED
        let name = NIOBSDSocket.Option(rawValue: 17)
        let raw: EventLoopFuture<Raw> = provider.unsafeGetSocketOption(level: .socket, name: name)
        return raw.map { PeerCredentials(process: $0.process, user: $0.user) }
    }
}
