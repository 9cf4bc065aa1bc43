internal import EventLoop

/// The files below a folder, in the order of their names. Links are not followed, and what is hidden is left alone. Calls the disk.
package struct FolderWalk: Sendable {
    /// Folders within each other; deeper ones are named and left alone.
    private static let deepest = 16

    /// A file and where it lies.
    package struct Found: Sendable, Hashable {
        /// The path of its folder.
        package let folder: String
        package let name: String

        package init(folder: String, name: String) {
            self.folder = folder
            self.name = name
        }

        package var path: String { folder.hasSuffix("/") ? folder + name : folder + "/" + name }
    }

    /// Files, and folders that could not be read: why.
    package private(set) var files: [Found] = []
    package private(set) var problems: [String] = []

    /// - Parameter path: of a folder, without links at its end.
    package init(_ path: String) { walk(path, depth: 0) }

    private mutating func walk(_ path: String, depth: Int) {
        do {
            let folder = try Directory.open(path: path)
            var folders: [String] = []
            for name in try folder.list() where name.first != "." {
                switch try folder.status(of: name)?.kind {
                case .file: files.append(Found(folder: path, name: name))
                case .folder: folders.append(name)
                case .link, .other, nil: break
                }
            }
            for name in folders {
                guard depth < Self.deepest else {
                    problems.append("\(folder.path(of: name)): more than \(Self.deepest) folders within each other")
                    continue
                }
                walk(folder.path(of: name), depth: depth + 1)
            }
        } catch { problems.append("\(error)") }
    }
}
