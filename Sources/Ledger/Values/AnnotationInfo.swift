package import Recordings

/// One version of what a worker or person wrote about a recording.
package struct AnnotationInfo: Sendable, Hashable {
    package let id: AnnotationID
    package let recording: RecordingID
    package let name: String
    /// From 1; old versions are kept.
    package let version: Int
    package let value: JSONText
    /// `queue:decode`, `agent:risk`, `uid:1000`.
    package let by: String
    package let at: UTCTime
}
