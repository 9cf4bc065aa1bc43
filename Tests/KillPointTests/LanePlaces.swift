import Foundation
import SystemPackage

/// The folders of one lane, all in one: in memory where there is one, since a killed process loses nothing that a disk would have to keep.
struct LanePlaces: Sendable {
    let root: URL

    var state: URL { root.appending(path: "state") }
    var card: URL { root.appending(path: "card") }
    var run: URL { root.appending(path: "run") }
    var bonds: URL { root.appending(path: "bluez") }
    var delivered: URL { root.appending(path: "delivered") }
    var configuration: URL { root.appending(path: "earshot.toml") }
    /// Of the shim.
    var callLog: URL { root.appending(path: "calls") }

    private var templates: URL { root.appending(path: "template") }

    func socket(_ door: String) -> String { run.appending(path: "\(door)/api.sock").path }

    /// A short path: sockets stand in it.
    static func make() throws -> LanePlaces {
        let memory = URL(filePath: "/dev/shm")
        let parent = FileManager.default.isWritableFile(atPath: memory.path) ? memory : URL(filePath: "/tmp")
        let places = LanePlaces(root: parent.appending(path: "earshot-kill-\(UUID().uuidString.prefix(8))"))
        for folder in [places.root, places.run, places.bonds, places.delivered, places.templates] {
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: false)
        }
        let text = """
            [gateway]
            name = "killed"
            clock = "trusted"

            [storage]
            reserve = "1 MiB"

            [destinations.folder]
            kind = "folder"
            path = "\(places.delivered.path)"
            """
        try Data(text.utf8).write(to: places.configuration)
        return places
    }

    func remove() { try? FileManager.default.removeItem(at: root) }

    /// What state and card hold now is what every trial begins with.
    func keepTemplate() throws {
        for folder in [state, card] {
            try FileManager.default.moveItem(at: folder, to: templates.appending(path: folder.lastPathComponent))
        }
    }

    /// As at the beginning.
    func reset() throws {
        let files = FileManager.default
        for folder in [state, card] {
            if files.fileExists(atPath: folder.path) { try files.removeItem(at: folder) }
            try files.copyItem(at: templates.appending(path: folder.lastPathComponent), to: folder)
        }
        for name in try files.contentsOfDirectory(atPath: delivered.path) { try files.removeItem(at: delivered.appending(path: name)) }
    }

    // MARK: - Standard error

    func openLog(_ program: String) throws -> FileDescriptor {
        try FileDescriptor.open(
            FilePath(root.appending(path: "\(program).log").path), .writeOnly, options: [.create, .append, .closeOnExec],
            permissions: [.ownerReadWrite])
    }

    /// The end of what a program said, for a failure's text.
    func lastWords(_ program: String) -> String {
        let text = (try? Data(contentsOf: root.appending(path: "\(program).log"))).map { String(decoding: $0.suffix(2000), as: UTF8.self) } ?? ""
        return text.split(separator: "\n").suffix(6).joined(separator: " | ")
    }
}
