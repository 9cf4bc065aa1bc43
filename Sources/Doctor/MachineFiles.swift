internal import EventLoop
internal import FoundationEssentials
internal import Glibc

/// Files below the machine's root. Paths are those of the machine.
extension Machine {
    enum Reading {
        case text(String)
        case missing
        case denied
        case failed(String)

        var text: String? { if case .text(let text) = self { text } else { nil } }
    }

    /// What a file or folder is and whose.
    struct Status {
        enum Kind { case file, folder, socket, other }

        let kind: Kind
        /// The lower twelve bits.
        let mode: UInt32
        let user: UInt32
        let group: UInt32
    }

    enum Looking {
        case there(Status)
        case missing
        case denied

        var status: Status? { if case .there(let status) = self { status } else { nil } }
    }

    func path(_ path: String) -> String { root + path }

    /// A small text file; bytes that are no UTF-8 become U+FFFD. Files of /proc and /sys tell no size: it reads to the end.
    func read(_ path: String, limit: Int = 1 << 20) -> Reading {
        let raw = unsafe open(self.path(path), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK)
        guard raw >= 0 else { return Self.failure(path) }
        let descriptor = Descriptor(adopting: raw)
        var bytes: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 1 << 16)
        while bytes.count <= limit {
            let count = descriptor.withRaw { raw in unsafe piece.withUnsafeMutableBytes { unsafe Glibc.read(raw, $0.baseAddress, $0.count) } }
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { return Self.failure(path) }
            guard count > 0 else { return .text(String(decoding: bytes, as: UTF8.self)) }
            bytes += piece[..<count]
        }
        return .failed("\(path) is larger than \(limit) bytes.")
    }

    /// The names in a folder, sorted; none when it cannot be read.
    func list(_ path: String) -> [String] {
        guard let folder = unsafe opendir(self.path(path)) else { return [] }
        defer { unsafe closedir(folder) }
        var names: [String] = []
        while let entry = unsafe readdir(folder), names.count < 100_000 {
            let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) { tuple in
                unsafe tuple.withMemoryRebound(to: CChar.self, capacity: 256) { unsafe String(cString: $0) }
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names.sorted()
    }

    /// - Parameter following: whether the target of a symbolic link is meant.
    func look(_ path: String, following: Bool = true) -> Looking {
        var found = stat()
        guard unsafe fstatat(AT_FDCWD, self.path(path), &found, following ? 0 : AT_SYMLINK_NOFOLLOW) == 0 else {
            return errno == EACCES || errno == EPERM ? .denied : .missing
        }
        let kind: Status.Kind =
            switch found.st_mode & S_IFMT {
            case S_IFREG: .file
            case S_IFDIR: .folder
            case S_IFSOCK: .socket
            default: .other
            }
        return .there(Status(kind: kind, mode: found.st_mode & 0o7777, user: found.st_uid, group: found.st_gid))
    }

    func exists(_ path: String) -> Bool { look(path).status != nil }

    /// Where a symbolic link leads; nil when it is none.
    func target(of path: String) -> String? {
        try? FileManager.default.destinationOfSymbolicLink(atPath: self.path(path))
    }

    /// Bytes that an ordinary program could still write to the volume of a folder.
    func freeBytes(_ path: String) -> UInt64? { try? Directory.open(path: self.path(path)).freeBytes() }

    private static func failure(_ path: String) -> Reading {
        switch errno {
        case ENOENT, ENOTDIR: .missing
        case EACCES, EPERM: .denied
        default: .failed("\(path) cannot be read (error \(errno)).")
        }
    }
}
