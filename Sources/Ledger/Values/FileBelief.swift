package import Recordings

/// What the ledger believes of a recording's files when the gateway starts.
package struct FileBelief: Sendable, Hashable {
    package let id: RecordingID
    /// Set: there should be a whole file with this digest; nil: a part of `durable` bytes, or nothing.
    package let sha256: SHA256Digest?
    /// Bytes of that file.
    package let size: UInt64
    package let isMissing: Bool
    /// Another gateway holds it, or its user deleted it on the card: a part is waste.
    package let isUnwanted: Bool
    package let durable: UInt64
    /// The size that the card lists.
    package let listedSize: UInt64
}
