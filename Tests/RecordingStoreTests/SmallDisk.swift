import EventLoop
import Foundation
import TestSupport

/// A file system of a few megabytes; it goes with this object.
final class SmallDisk {
    let folder: URL

    static var isPossible: Bool { getuid() == 0 && FileManager.default.isExecutableFile(atPath: "/bin/mount") }

    init(megabytes: Int) throws {
        folder = FileManager.default.temporaryDirectory.appending(path: "earshot-disk-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        try Self.run("/bin/mount", "-t", "tmpfs", "-o", "size=\(megabytes)m", "tmpfs", folder.path)
    }

    /// An ext3, whose blocks cannot be reserved.
    init(megabytesOfExt3 megabytes: Int) throws {
        folder = FileManager.default.temporaryDirectory.appending(path: "earshot-disk-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let image = FileManager.default.temporaryDirectory.appending(path: "\(folder.lastPathComponent).ext3").path
        defer { try? FileManager.default.removeItem(atPath: image) }
        try Self.run("/sbin/mke2fs", "-q", "-t", "ext3", image, "\(megabytes)m")
        try Self.run("/bin/mount", "-o", "loop", image, folder.path)
    }

    static var isExt3Possible: Bool {
        isPossible && FileManager.default.isExecutableFile(atPath: "/sbin/mke2fs") && FileManager.default.fileExists(atPath: "/dev/loop-control")
    }

    deinit {
        try? Self.run("/bin/umount", "-l", folder.path)
        try? FileManager.default.removeItem(at: folder)
    }

    var free: UInt64 {
        get throws { try Directory.open(path: folder.path).freeBytes() }
    }

    private var filler: URL { folder.appending(path: "filler") }

    /// Takes every free block.
    func fill() throws {
        let file = try DurableFile.open(path: filler.path, .createNew)
        try file.reserve(Int(clamping: try free))
    }

    func empty() throws { try remove(filler) }

    /// Deletes a file and frees its room, although a child process of another test may have it open until it executes its program.
    func remove(_ file: URL) throws {
        try DurableFile.open(path: file.path, .readWrite).truncate(to: 0)
        try FileManager.default.removeItem(at: file)
    }

    private static func run(_ arguments: String...) throws {
        guard try ChildProcess.run(arguments[0], Array(arguments.dropFirst())).status == 0 else { throw CocoaError(.fileWriteUnknown) }
    }
}
