import TestSupport

/// A folder as the kernel sees it and as the disk has it: what was synchronised, and what was not yet, call by call.
///
/// Weaker than ext4 and XFS promise, so that what holds here holds there: synchronising a file makes its bytes and length durable and
/// not its name; a name is durable only once its own folder was synchronised, a rename between two folders only once both were.
struct DiskModel: Sendable {
    /// A file's bytes may have gone, its name stays what it is: nobody keeps a file by a name that was taken from it.
    struct File: Sendable {
        var synced: [UInt8] = []
        var pending: [(number: UInt64, change: FileChange)] = []
        var isFolder = false
    }

    enum FileChange: Sendable {
        case write(at: Int, ArraySlice<UInt8>)
        case resize(Int)
    }

    /// One call that changed names: what appears, what goes, and which folders do not have it durably yet.
    struct NameChange: Sendable {
        let number: UInt64
        var put: (path: String, file: Int)?
        var removed: String?
        var unsynced: Set<String>
    }

    struct Unknown: Error, CustomStringConvertible {
        let description: String
    }

    private(set) var files: [File] = []
    /// Names as programs see them.
    private(set) var names: [String: Int] = [:]
    private(set) var syncedNames: [String: Int] = [:]
    private(set) var pendingNames: [NameChange] = []

    /// A folder that is durable as it is.
    init(_ state: DiskState = DiskState()) {
        for path in state.folders.sorted() { add(path, File(isFolder: true)) }
        for (path, bytes) in state.files.sorted(by: { $0.key < $1.key }) { add(path, File(synced: bytes)) }
    }

    private mutating func add(_ path: String, _ file: File) {
        names[path] = files.count
        syncedNames[path] = files.count
        files.append(file)
    }

    /// How many changes are not durable.
    var pending: Int { pendingNames.count + files.reduce(0) { $0 + $1.pending.count } }

    /// SQLite's WAL-index is memory-mapped and made anew after a crash; nothing of it is modelled.
    static func isModelled(_ path: String) -> Bool { !path.hasSuffix("-shm") }

    /// What this call did. Failed calls did nothing.
    ///
    /// - Throws: `Unknown` for a call on a file that no call made.
    mutating func perform(_ entry: DiskLog.Entry) throws {
        guard entry.result >= 0, Self.isModelled(entry.path) else { return }
        switch entry.call {
        case .write: try change(entry, .write(at: entry.offset, entry.data))
        case .truncate: try change(entry, .resize(entry.length))
        case .allocate:
            // FALLOC_FL_KEEP_SIZE changes nothing that can be read.
            if entry.flags & 1 == 0 { try change(entry, .resize(max(size(of: try file(entry.path)), entry.offset + entry.length))) }
        case .create, .makeFolder:
            names[entry.path] = files.count
            pendingNames.append(
                NameChange(number: entry.number, put: (entry.path, files.count), removed: nil, unsynced: [Self.folder(of: entry.path)]))
            files.append(File(isFolder: entry.call == .makeFolder))
        case .rename, .link:
            let file = try file(entry.path)
            let moves = entry.call == .rename
            names[entry.other] = file
            if moves { names[entry.path] = nil }
            pendingNames.append(
                NameChange(
                    number: entry.number, put: (entry.other, file), removed: moves ? entry.path : nil,
                    unsynced: [Self.folder(of: entry.other), Self.folder(of: moves ? entry.path : entry.other)]))
        case .unlink:
            guard names.removeValue(forKey: entry.path) != nil else { throw Unknown(description: "\(entry): there is no such name") }
            pendingNames.append(NameChange(number: entry.number, put: nil, removed: entry.path, unsynced: [Self.folder(of: entry.path)]))
        case .synchronize, .synchronizeData: try synchronise(entry)
        case .synchronizeRange: break
        }
    }

    private mutating func change(_ entry: DiskLog.Entry, _ change: FileChange) throws {
        // Written to while it has no name any more: nobody will ever find it.
        guard !entry.path.hasSuffix(" (deleted)") else { return }
        files[try file(entry.path)].pending.append((entry.number, change))
    }

    private mutating func synchronise(_ entry: DiskLog.Entry) throws {
        let isFolder = try entry.path.isEmpty || files[file(entry.path)].isFolder
        guard !isFolder else {
            for index in pendingNames.indices { pendingNames[index].unsynced.remove(entry.path) }
            for change in pendingNames where change.unsynced.isEmpty { Self.apply(change, to: &syncedNames) }
            pendingNames.removeAll { $0.unsynced.isEmpty }
            return
        }
        let index = try file(entry.path)
        for (_, change) in files[index].pending { Self.apply(change, to: &files[index].synced) }
        files[index].pending = []
    }

    private func file(_ path: String) throws -> Int {
        guard let file = names[path] else { throw Unknown(description: "A call on \(path), which no call made.") }
        return file
    }

    private func size(of file: Int) -> Int {
        files[file].pending.reduce(files[file].synced.count) { size, pending in
            switch pending.change {
            case .write(let offset, let bytes): max(size, offset + bytes.count)
            case .resize(let size): size
            }
        }
    }

    static func apply(_ change: NameChange, to names: inout [String: Int]) {
        if let removed = change.removed { names[removed] = nil }
        if let put = change.put { names[put.path] = put.file }
    }

    static func apply(_ change: FileChange, to bytes: inout [UInt8]) {
        switch change {
        case .write(let offset, let data):
            let end = offset + data.count
            if bytes.count < end { bytes += repeatElement(0, count: end - bytes.count) }
            bytes.replaceSubrange(offset..<end, with: data)
        case .resize(let size):
            if size < bytes.count { bytes.removeLast(bytes.count - size) } else { bytes += repeatElement(0, count: size - bytes.count) }
        }
    }

    private static func folder(of path: String) -> String { path.lastIndex(of: "/").map { String(path[..<$0]) } ?? "" }
}
