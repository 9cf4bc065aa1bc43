internal import Glibc

/// What stands under a name, or behind an open file.
package struct FileStatus: Sendable, Hashable {
    package enum Kind: Sendable, Hashable {
        case file, folder, link
        /// A device, a socket, a pipe.
        case other
    }

    package let kind: Kind
    /// Bytes.
    package let size: UInt64
    /// When its content was last changed: nanoseconds since the Unix epoch.
    package let modified: Int64
    /// With `device`: which file it is, whatever it is called.
    package let inode: UInt64
    package let device: UInt64

    init(_ status: stat) {
        kind =
            switch status.st_mode & S_IFMT {
            case S_IFREG: .file
            case S_IFDIR: .folder
            case S_IFLNK: .link
            default: .other
            }
        size = UInt64(clamping: status.st_size)
        let (nanoseconds, overflow) = Int64(status.st_mtim.tv_sec).multipliedReportingOverflow(by: 1_000_000_000)
        modified = overflow ? 0 : nanoseconds.addingReportingOverflow(Int64(status.st_mtim.tv_nsec)).partialValue
        inode = UInt64(status.st_ino)
        device = UInt64(status.st_dev)
    }
}
