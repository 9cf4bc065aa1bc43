package import Bytes
package import Recordings

/// What is told of a recording that no card brought.
package struct ImportInfo: Sendable, Hashable {
    /// Its name where it came from.
    package let file: ForeignText
    package let format: AudioFormat
    /// nil when nothing told when it began.
    package let startedFrom: StartSource?
    package let at: UTCTime
}
