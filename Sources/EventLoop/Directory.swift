internal import CLinux
internal import Glibc

/// One open folder; files in it are named by a single path component. Every call may wait: use it on a `BlockingThread`.
package struct Directory: ~Copyable, Sendable {
    private let descriptor: Descriptor
    /// For errors.
    package let path: String

    private init(_ descriptor: consuming Descriptor, path: String) {
        self.descriptor = descriptor
        self.path = path
    }

    /// Opens an existing folder.
    package static func open(path: String) throws(SystemError) -> Directory {
        try open(path, from: AT_FDCWD, path: path)
    }

    private static func open(_ name: String, from directory: Int32, path: String) throws(SystemError) -> Directory {
        let raw = BlockingCalls.mayBlock { unsafe openat(directory, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW, 0) }
        guard raw >= 0 else { throw SystemError("openat", path: path) }
        return Directory(Descriptor(adopting: raw), path: path)
    }

    /// Opens a folder in this one; makes it first, durably, when it is not there.
    package borrowing func makeDirectory(_ name: String, permissions: UInt32 = 0o700) throws(SystemError) -> Directory {
        let made = try call("mkdirat", name, allowing: EEXIST) { unsafe mkdirat($0, name, permissions) }
        if made { try synchronize() }
        return try openDirectory(name)
    }

    /// Opens a folder in this one that must exist.
    package borrowing func openDirectory(_ name: String) throws(SystemError) -> Directory {
        try checkName(name, for: "openat")
        let whole = path(of: name)
        return try descriptor.withRaw { raw throws(SystemError) in try Directory.open(name, from: raw, path: whole) }
    }

    /// - Parameter permissions: of a file that is made.
    package borrowing func openFile(
        _ name: String, _ mode: DurableFile.Mode, permissions: UInt32 = 0o600
    ) throws(SystemError) -> DurableFile {
        try checkName(name, for: "openat")
        let whole = path(of: name)
        return try descriptor.withRaw { raw throws(SystemError) in try DurableFile.open(name, from: raw, path: whole, mode, permissions: permissions)
        }
    }

    /// Gives a file another name here or in another folder of the same file system, replacing what has it. Durable
    /// after `synchronize` of both folders.
    package borrowing func rename(_ name: String, to newName: String, in other: borrowing Directory) throws(SystemError) {
        try other.checkName(newName, for: "renameat")
        try other.descriptor.withRaw { target throws(SystemError) in
            _ = try call("renameat", name) { unsafe renameat($0, name, target, newName) }
        }
    }

    package borrowing func rename(_ name: String, to newName: String) throws(SystemError) {
        try checkName(newName, for: "renameat")
        try call("renameat", name) { unsafe renameat($0, name, $0, newName) }
    }

    /// Gives a file another name, here or in another folder of the same file system, that nothing has. Durable after `synchronize` of both folders.
    ///
    /// - Returns: false when something has the name: the file keeps its old one.
    package borrowing func renameIfFree(_ name: String, to newName: String, in other: borrowing Directory) throws(SystemError) -> Bool {
        try other.checkName(newName, for: "renameat2")
        return try other.descriptor.withRaw { target throws(SystemError) in
            do throws(SystemError) {
                return try call("renameat2", name, allowing: EEXIST) { unsafe clinux_rename_if_free($0, name, target, newName) }
            } catch let error where error.code == EINVAL || error.code == ENOSYS {
                // A file system without this flag, such as NFS: a second name is never made over another file either.
                guard try call("linkat", name, allowing: EEXIST, { unsafe linkat($0, name, target, newName, 0) }) else { return false }
                try unlink(name)
                return true
            }
        }
    }

    package borrowing func renameIfFree(_ name: String, to newName: String) throws(SystemError) -> Bool {
        try renameIfFree(name, to: newName, in: self)
    }

    /// - Returns: false when there was no such file.
    @discardableResult package borrowing func unlink(_ name: String) throws(SystemError) -> Bool {
        try call("unlinkat", name, allowing: ENOENT) { unsafe unlinkat($0, name, 0) }
    }

    /// The size of a file in bytes; nil when there is none of this name. A symbolic link is not followed.
    package borrowing func size(of name: String) throws(SystemError) -> Int? {
        var status = stat()
        let found = try call("fstatat", name, allowing: ENOENT) { unsafe fstatat($0, name, &status, AT_SYMLINK_NOFOLLOW) }
        return found ? Int(status.st_size) : nil
    }

    /// What stands under a name; nil when there is nothing. A symbolic link is not followed.
    package borrowing func status(of name: String) throws(SystemError) -> FileStatus? {
        var status = stat()
        let found = try call("fstatat", name, allowing: ENOENT) { unsafe fstatat($0, name, &status, AT_SYMLINK_NOFOLLOW) }
        return found ? FileStatus(status) : nil
    }

    /// The names in this folder, sorted, without `.` and `..`.
    package borrowing func list() throws(SystemError) -> [String] { try names().sorted() }

    /// The same, in no order: cheaper where there are thousands.
    package borrowing func names() throws(SystemError) -> [String] {
        let raw = try descriptor.withRaw { raw throws(SystemError) in
            // A descriptor of its own: a duplicate would share the read position with other lists.
            let raw = BlockingCalls.mayBlock { unsafe openat(raw, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0) }
            guard raw >= 0 else { throw SystemError("openat", path: path) }
            return raw
        }
        guard let stream = unsafe fdopendir(raw) else {
            let error = SystemError("fdopendir", path: path)
            close(raw)
            throw error
        }
        defer { unsafe closedir(stream) }
        var names: [String] = []
        while true {
            errno = 0
            guard let entry = unsafe BlockingCalls.mayBlock({ unsafe readdir(stream) }) else { break }
            let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                unsafe pointer.withMemoryRebound(to: CChar.self, capacity: 256) { unsafe String(cString: $0) }
            }
            if name != ".", name != ".." { names.append(name) }
        }
        guard errno == 0 else { throw SystemError("readdir", path: path) }
        return names
    }

    /// Returns once the names in this folder are on the disk.
    package borrowing func synchronize() throws(SystemError) {
        guard descriptor.withRaw({ raw in BlockingCalls.mayBlock { fsync(raw) } }) == 0 else { throw SystemError("fsync", path: path) }
    }

    /// Bytes of this file system that an ordinary user can still write.
    package borrowing func freeBytes() throws(SystemError) -> UInt64 {
        var status = statvfs()
        let result = descriptor.withRaw { raw in BlockingCalls.mayBlock { unsafe fstatvfs(raw, &status) } }
        guard result == 0 else { throw SystemError("fstatvfs", path: path) }
        let (bytes, overflow) = UInt64(status.f_bavail).multipliedReportingOverflow(by: UInt64(status.f_frsize))
        return overflow ? .max : bytes
    }

    /// Makes or replaces a file so that at every moment, power cuts included, either the old or the new one is there
    /// whole: temporary file, fdatasync, rename, fsync of the folder.
    package borrowing func writeAtomically(_ name: String, _ bytes: RawSpan, permissions: UInt32 = 0o600) throws(SystemError) {
        try replace(name, bytes, permissions: permissions)
        try synchronize()
    }

    /// As `writeAtomically`, without the last step: which of the two it is after a power cut is settled by `synchronize`, for many files at once.
    package borrowing func replace(_ name: String, _ bytes: RawSpan, permissions: UInt32 = 0o600) throws(SystemError) {
        let temporary = ".\(name).new"
        try unlink(temporary)
        do {
            let file = try openFile(temporary, .createNew, permissions: permissions)
            try file.write(bytes, at: 0)
            try file.synchronizeData()
        } catch {
            _ = try? unlink(temporary)
            throw error
        }
        try rename(temporary, to: name)
    }

    package borrowing func replace(_ name: String, _ bytes: [UInt8]) throws(SystemError) { unsafe try replace(name, bytes.span.bytes) }

    package borrowing func writeAtomically(_ name: String, _ bytes: [UInt8]) throws(SystemError) {
        unsafe try writeAtomically(name, bytes.span.bytes)
    }

    /// The content of a file of at most `limit` bytes; EFBIG when it is longer.
    package borrowing func readFile(_ name: String, limit: Int) throws(SystemError) -> [UInt8] {
        let file = try openFile(name, .read)
        let size = try file.size()
        guard size <= limit else { throw SystemError(code: EFBIG, call: "read", path: path(of: name)) }
        var bytes = [UInt8](repeating: 0, count: size)
        let count = try file.read(into: &bytes, at: 0)
        return Array(bytes.prefix(count))
    }

    /// The whole path of a name here.
    package borrowing func path(of name: String) -> String { path.hasSuffix("/") ? path + name : path + "/" + name }

    private borrowing func checkName(_ name: String, for call: String) throws(SystemError) {
        guard !name.isEmpty, name != ".", name != "..", !name.utf8.contains(0x2F), !name.utf8.contains(0) else {
            throw SystemError(code: EINVAL, call: call, path: path(of: name))
        }
    }

    /// - Returns: false when the call failed with the error that is allowed.
    @discardableResult private borrowing func call(
        _ function: String, _ name: String, allowing allowed: Int32 = 0, _ body: (Int32) -> Int32
    ) throws(SystemError) -> Bool {
        try checkName(name, for: function)
        let result = descriptor.withRaw { raw in BlockingCalls.mayBlock { body(raw) } }
        if result == 0 { return true }
        if allowed != 0, errno == allowed { return false }
        throw SystemError(function, path: path(of: name))
    }
}
