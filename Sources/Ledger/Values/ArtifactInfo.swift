package import Bytes
package import Recordings

/// A file that a worker made of a recording.
package struct ArtifactInfo: Sendable, Hashable {
    package let recording: RecordingID
    package let name: String
    package let sha256: SHA256Digest
    package let size: UInt64
    package let type: ForeignText
    /// Its name in the store's folder; drawn by the gateway.
    package let file: String
    package let by: String
    package let at: UTCTime
}
