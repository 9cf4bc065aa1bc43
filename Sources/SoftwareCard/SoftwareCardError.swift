/// Why a software card could not do what was asked of it.
package struct SoftwareCardError: Error, Sendable, CustomStringConvertible {
    package enum Code: String, Sendable {
        /// What is kept of the card cannot be read, or is another card's.
        case vaultDamaged
        /// Keeping something durable failed; the card is out of order.
        case vaultFailed
        /// No room, even with every released recording erased.
        case storageFull
        case noSuchRecording
        /// Stop or mark while nothing is being recorded.
        case notRecording
        /// No pairing asks its user for that.
        case noQuestion
        /// The speech cannot be made into an object.
        case speech
    }

    package let code: Code
    /// For a person: what was wrong and what to do.
    package let detail: String
    /// The error below, as it came.
    package let cause: String?

    package init(_ code: Code, _ detail: String, cause: (any Error)? = nil) {
        self.code = code
        self.detail = detail
        self.cause = cause.map { "\($0)" }
    }

    package var description: String { cause.map { "\(detail) (\($0))" } ?? detail }
}
