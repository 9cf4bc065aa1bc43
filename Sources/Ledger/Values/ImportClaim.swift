package import Bytes
package import Recordings

/// A file that somebody brings, as it was checked: what is to be known of the recording that it becomes.
package struct ImportClaim: Sendable, Hashable {
    package let sha256: SHA256Digest
    package let size: UInt64
    package let format: AudioFormat
    /// Its name where it came from: shown, never a path.
    package let file: ForeignText
    package let kind: RecordingKind
    package let holder: HolderID?
    /// nil where nothing tells when it began.
    package let started: Start?

    package struct Start: Sendable, Hashable {
        package let time: UTCTime
        package let source: StartSource

        package init(_ time: UTCTime, _ source: StartSource) {
            self.time = time
            self.source = source
        }
    }

    package init(
        sha256: SHA256Digest, size: UInt64, format: AudioFormat, file: ForeignText, kind: RecordingKind, holder: HolderID?, started: Start?
    ) {
        self.sha256 = sha256
        self.size = size
        self.format = format
        self.file = file
        self.kind = kind
        self.holder = holder
        self.started = started
    }
}
