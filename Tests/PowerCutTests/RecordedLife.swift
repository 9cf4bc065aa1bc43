import Foundation
import SoftwareCard
import TestSupport

/// A life of which every disk call was written down, with what the rest of the world knew at each.
struct RecordedLife: Sendable {
    let start: Moment
    let entries: [DiskLog.Entry]
    let chronicle: Chronicle

    /// Lives it, in a folder of its own that is gone afterwards.
    static func record(
        _ start: Moment, seed: UInt64, calamity: Int?, recovered: @escaping @Sendable (GatewayLife) async throws -> Void = { _ in },
        settled: @escaping @Sendable (GatewayLife) async throws -> Void
    ) throws -> RecordedLife {
        let folder = try Scratch()
        let root = folder.url.appending(path: "state")
        let log = folder.url.appending(path: "log")
        try FileManager.default.createDirectory(at: root, withIntermediateDirectories: false)
        try start.disk.write(to: root)
        let chronicle = Chronicle(start, watch: try DiskWatch(root, log: log))
        try GatewayLife.run(start, at: root, chronicle: chronicle, seed: seed, calamity: calamity, recovered: recovered, settled: settled)
        chronicle.close()
        return RecordedLife(start: start, entries: try DiskLog(log).entries, chronicle: chronicle)
    }
}

/// A folder in memory where there is one: a power cut is made of what was written down, not of what this disk does.
final class Scratch: Sendable {
    let url: URL

    init() throws {
        let memory = URL(filePath: "/dev/shm")
        let parent = FileManager.default.isWritableFile(atPath: memory.path) ? memory : FileManager.default.temporaryDirectory
        url = parent.appending(path: "earshot-cut-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(at: url) }
}
