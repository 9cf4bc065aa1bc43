internal import CLinux
internal import Glibc

/// One open file with the calls that durable storage is made of. Every call may wait: use it on a `BlockingThread`.
///
/// After a failed write or `synchronizeData` this descriptor can no longer be believed: open the file again.
package struct DurableFile: ~Copyable, Sendable {
    package enum Mode: Sendable {
        case read
        /// Must exist.
        case readWrite
        /// Opened, or made with permissions 0600.
        case create
        /// Made with permissions 0600; must not exist.
        case createNew

        fileprivate var flags: Int32 {
            switch self {
            // A pipe that somebody put there must not hold up the thread until somebody else writes to it.
            case .read: O_RDONLY | O_NONBLOCK
            case .readWrite: O_RDWR
            case .create: O_RDWR | O_CREAT
            case .createNew: O_RDWR | O_CREAT | O_EXCL
            }
        }
    }

    private let descriptor: Descriptor
    /// For errors.
    package let path: String

    private init(_ descriptor: consuming Descriptor, path: String) {
        self.descriptor = descriptor
        self.path = path
    }

    /// Opens a file by its whole path. Its last component is not followed when it is a symbolic link.
    package static func open(path: String, _ mode: Mode) throws(SystemError) -> DurableFile {
        try open(path, from: AT_FDCWD, path: path, mode)
    }

    /// Opens `name` in an open directory (`Directory.open` checks the name).
    static func open(_ name: String, from directory: Int32, path: String, _ mode: Mode, permissions: UInt32 = 0o600) throws(SystemError)
        -> DurableFile
    {
        let raw = BlockingCalls.mayBlock { unsafe openat(directory, name, mode.flags | O_NOFOLLOW | O_CLOEXEC, permissions) }
        guard raw >= 0 else { throw SystemError("openat", path: path) }
        return DurableFile(Descriptor(adopting: raw), path: path)
    }

    /// Bytes.
    package borrowing func size() throws(SystemError) -> Int {
        var status = stat()
        try check("fstat") { unsafe fstat($0, &status) }
        return Int(status.st_size)
    }

    package borrowing func status() throws(SystemError) -> FileStatus {
        var status = stat()
        try check("fstat") { unsafe fstat($0, &status) }
        return FileStatus(status)
    }

    /// Writes all of `bytes` at an offset.
    package borrowing func write(_ bytes: RawSpan, at offset: Int) throws(SystemError) {
        var done = 0
        while done < bytes.byteCount {
            let rest = bytes.extracting(done..<bytes.byteCount)
            let position = offset + done
            let written = call { raw in unsafe rest.withUnsafeBytes { unsafe pwrite(raw, $0.baseAddress, $0.count, position) } }
            guard written >= 0 else { throw SystemError("pwrite", path: path) }
            // A file that takes nothing and reports nothing has no room.
            guard written > 0 else { throw SystemError(code: ENOSPC, call: "pwrite", path: path) }
            done += written
        }
    }

    package borrowing func write(_ bytes: [UInt8], at offset: Int) throws(SystemError) { unsafe try write(bytes.span.bytes, at: offset) }

    /// Reads at an offset until `buffer` is full or the file ends.
    ///
    /// - Returns: how many bytes of `buffer` are from the file.
    package borrowing func read(into buffer: inout [UInt8], at offset: Int) throws(SystemError) -> Int {
        var done = 0
        while done < buffer.count {
            let position = offset + done
            let count = call { raw in
                unsafe buffer.withUnsafeMutableBytes { unsafe pread(raw, $0.baseAddress.map { unsafe $0 + done }, $0.count - done, position) }
            }
            guard count >= 0 else { throw SystemError("pread", path: path) }
            if count == 0 { break }
            done += count
        }
        return done
    }

    /// Cuts the file, or fills it with zeros, to this size.
    package borrowing func truncate(to size: Int) throws(SystemError) { try check("ftruncate") { ftruncate($0, size) } }

    /// Returns once what was written is on the disk.
    package borrowing func synchronizeData() throws(SystemError) { try check("fdatasync") { fdatasync($0) } }

    /// Reserves space on the disk for the first `length` bytes; the file's size stays what was written.
    ///
    /// - Returns: false when this file system cannot reserve (NFS before 4.2, ext3 and some in user space): writing may then find no room.
    @discardableResult
    package borrowing func reserve(_ length: Int) throws(SystemError) -> Bool {
        guard length > 0 else { return true }
        do {
            try check("fallocate") { clinux_reserve($0, length) }
            return true
        } catch  where error.code == EOPNOTSUPP || error.code == ENOSYS {
            return false
        }
    }

    /// Asks the kernel to forget its copy, so that the next read comes from the disk. Clean pages only: synchronise first.
    package borrowing func dropFromCache() throws(SystemError) { try check("posix_fadvise") { clinux_drop_from_cache($0) } }

    private borrowing func check(_ name: String, _ body: (Int32) -> Int32) throws(SystemError) {
        guard call({ Int(body($0)) }) >= 0 else { throw SystemError(name, path: path) }
    }

    /// Calls again when a signal interrupted it.
    private borrowing func call(_ body: (Int32) -> Int) -> Int {
        descriptor.withRaw { raw in
            BlockingCalls.mayBlock {
                while true {
                    let result = body(raw)
                    if result >= 0 || errno != EINTR { return result }
                }
            }
        }
    }
}
