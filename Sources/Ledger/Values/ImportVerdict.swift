package import Recordings

/// What the digest of a file that somebody brings means.
package enum ImportVerdict: Sendable, Hashable {
    /// Nothing here has these bytes: make the file final under this id.
    case new(RecordingID)
    /// They are here already.
    case known(RecordingID)
    /// They were here and their file is gone: put this one in its place, and say `noteFound`.
    case missing(RecordingID)
}

/// A file whose import was begun and not ended.
package struct UnfinishedImport: Sendable, Hashable {
    package let id: RecordingID
    package let sha256: SHA256Digest
    package let size: UInt64
}
