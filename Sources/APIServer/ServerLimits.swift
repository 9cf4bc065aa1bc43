internal import NIOCore

/// What a caller may take of the server. A local caller who is not friendly gets no more than this.
enum ServerLimits {
    /// A dozen workers, each with a long poll, a few streams and a person; more wait in the backlog.
    static let connections = 256
    /// Of them at the agents' door, which every user of the machine reaches, one user's: a dozen workers with several each.
    static let userConnections = 64
    /// So many more of one user are told why they are refused; the next are closed without a word.
    static let refusals = 8
    /// A connection on which nothing is asked, or a request that does not arrive.
    static let idle = TimeAmount.seconds(60)
    /// The body of a JSON request: annotations of a long recording with times are about 4 MiB.
    static let body = 16 << 20
    /// The body of a request with an idempotency key, which is kept for comparison: holders, screen texts, pairings.
    static let repeatableBody = 64 << 10
    /// A JSON body arrives within this.
    static let bodyTime = Duration.seconds(20)
    /// An artifact's next piece arrives within this.
    static let pieceTime = Duration.seconds(60)
    /// The longest wait that a caller may ask for.
    static let wait = 60
    /// A comment goes into a silent stream this often, so that both ends see that the other lives.
    static let keepAlive = Duration.seconds(15)
    /// An action on a card: the next link may be a while away, a person stands there.
    static let action = Duration.seconds(30)
    /// Bytes of one read of a file.
    static let piece = 256 << 10
}
