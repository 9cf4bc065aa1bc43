import Foundation

/// What a disk holds at one moment: paths relative to the folder.
struct DiskState: Sendable, Equatable {
    var folders: Set<String> = []
    var files: [String: [UInt8]] = [:]

    /// Makes it real in a folder that exists and is empty.
    func write(to root: URL) throws {
        for path in folders.sorted() {
            try FileManager.default.createDirectory(at: root.appending(path: path), withIntermediateDirectories: false)
        }
        for (path, bytes) in files { try Data(bytes).write(to: root.appending(path: path)) }
    }

    /// What a folder holds now.
    init(_ root: URL) throws {
        for path in try FileManager.default.subpathsOfDirectory(atPath: root.path) {
            var isFolder: ObjCBool = false
            let url = root.appending(path: path)
            guard unsafe FileManager.default.fileExists(atPath: url.path, isDirectory: &isFolder) else { continue }
            if isFolder.boolValue { folders.insert(path) } else { files[path] = Array(try Data(contentsOf: url)) }
        }
    }

    init() {}
}
