package import Bytes
package import Recordings

/// A copy that a destination confirmed.
package struct DeliveryInfo: Sendable, Hashable {
    package let recording: RecordingID
    package let destination: String
    package let object: ForeignText
    package let sha256: SHA256Digest
    package let size: UInt64
    package let at: UTCTime
}
