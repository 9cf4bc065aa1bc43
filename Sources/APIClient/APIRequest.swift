/// One request as it goes over the wire.
struct APIRequest: Sendable {
    enum Body: Sendable {
        case none
        case json([UInt8])
        /// `size` bytes that the closure hands to the writer piece by piece.
        case stream(size: UInt64, type: String, @Sendable (RequestWriter) async throws -> Void)
    }

    let method: String
    /// With the query.
    let path: String
    var headers: [(String, String)] = []
    var body = Body.none
    var patience = Patience.standard
}

/// How long a request may take.
package enum Patience: Sendable, Hashable {
    /// From the call to the whole answer.
    case total(Duration)
    /// As long as something comes, or is taken, at least this often: for streams and large files.
    case idle(Duration)

    /// A local socket and a few SQL statements: slower than this is only what is stuck, a stall of the disk allowed for.
    package static let standard = Patience.total(.seconds(60))
    /// The gateway sends a comment into each stream every 15 seconds; three missing ones are a dead gateway.
    package static let stream = Patience.idle(.seconds(45))
}
