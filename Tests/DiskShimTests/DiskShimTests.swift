import EventLoop
import Foundation
import GRDB
import TestSupport
import Testing

/// The layer below all crash and disk tests: what it counts, what it lets fail, and that SQLite's calls are among them.
@Suite struct DiskShimTests {
    private final class Folder: Sendable {
        let url = FileManager.default.temporaryDirectory.appending(path: "earshot-shim-\(UUID().uuidString)")

        init() throws { try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true) }

        deinit { try? FileManager.default.removeItem(at: url) }

        func open() throws -> Directory { try Directory.open(path: url.path) }

        func content(of name: String) throws -> [UInt8] { Array(try Data(contentsOf: url.appending(path: name))) }
    }

    @Test func everyChangeIsCountedAndLookingIsNot() throws {
        let root = try Folder()
        let folder = try root.open()
        let watch = try DiskWatch(root.url)
        let file = try folder.openFile("a", .createNew)
        try file.reserve(8192)
        try file.write([1, 2, 3], at: 0)
        try file.truncate(to: 2)
        try file.synchronizeData()
        _ = try folder.openFile("a", .create).size()
        _ = try folder.list()
        let other = try folder.makeDirectory("b")
        try folder.rename("a", to: "c", in: other)
        try other.synchronize()
        #expect(try other.unlink("c"))
        let counts = Dictionary(uniqueKeysWithValues: DiskWatch.Call.allCases.map { ($0, watch.count($0)) }).filter { $0.value > 0 }
        // `makeDirectory` synchronises the folder that it made one in.
        #expect(
            counts == [
                .create: 1, .allocate: 1, .write: 1, .truncate: 1, .synchronizeData: 1, .makeFolder: 1, .rename: 1, .synchronize: 2, .unlink: 1,
            ])
        #expect(watch.calls == 10)
    }

    /// NFS for one knows no renaming that replaces nothing (EINVAL): the file gets a second name, and loses its first.
    @Test func whereRenamingMayReplaceNothingIsReplacedAllTheSame() throws {
        let root = try Folder()
        let folder = try root.open()
        for (name, byte) in [("a", 1), ("b", 2)] as [(String, UInt8)] { try folder.openFile(name, .createNew).write([byte], at: 0) }
        let watch = try DiskWatch(root.url)
        let fault = try watch.arm(.fails(22), on: [.rename], times: nil)
        #expect(try !folder.renameIfFree("a", to: "b"))
        #expect(try root.content(of: "a") == [1] && root.content(of: "b") == [2])
        #expect(try folder.renameIfFree("a", to: "c"))
        #expect(try folder.list().sorted() == ["b", "c"] && root.content(of: "c") == [1])
        #expect(throws: SystemError.self) { _ = try folder.renameIfFree("a", to: "d") }
        #expect(watch.hits(of: fault) == 3)
    }

    @Test func whatLiesBesideTheFolderIsNotSeen() throws {
        let (inside, outside) = (try Folder(), try Folder())
        let watch = try DiskWatch(inside.url)
        try watch.arm(.fails(28), on: Set(DiskWatch.Call.allCases), times: nil)
        try outside.open().openFile("a", .createNew).write([1], at: 0)
        #expect(try outside.content(of: "a") == [1])
        #expect(watch.calls == 0)
    }

    @Test func aFaultHitsTheCallsThatItIsArmedFor() throws {
        let root = try Folder()
        let folder = try root.open()
        let part = try folder.openFile("x.part", .createNew)
        let other = try folder.openFile("x.json", .createNew)
        let watch = try DiskWatch(root.url)
        let second = try watch.arm(.fails(28), on: [.write], of: ".part", first: 2)
        let from = try watch.arm(.fails(5), on: [.synchronizeData], first: 2, times: nil)
        for position in 0..<3 { try other.write([9], at: position) }
        try part.write([1], at: 0)
        #expect(throws: SystemError(code: 28, call: "pwrite", path: part.path)) { try part.write([2], at: 1) }
        try part.write([3], at: 1)
        try part.synchronizeData()
        for _ in 0..<3 { #expect(throws: SystemError(code: 5, call: "fdatasync", path: part.path)) { try part.synchronizeData() } }
        #expect(try root.content(of: "x.part") == [1, 3])
        #expect(watch.hits(of: second) == 1 && watch.hits(of: from) == 3)
        watch.disarm()
        try part.synchronizeData()
        #expect(watch.hits(of: from) == 3)
    }

    /// The caller goes on with the rest.
    @Test func aShortWriteTakesHalf() throws {
        let root = try Folder()
        let folder = try root.open()
        let watch = try DiskWatch(root.url)
        let fault = try watch.arm(.short, on: [.write])
        try folder.openFile("a", .createNew).write([1, 2, 3, 4, 5, 6], at: 0)
        #expect(try root.content(of: "a") == [1, 2, 3, 4, 5, 6])
        #expect(watch.hits(of: fault) == 1 && watch.count(.write) == 2)
    }

    @Test func aFailedSynchronisationTakesBackWhatWasNotDurable() throws {
        let root = try Folder()
        let folder = try root.open()
        let watch = try DiskWatch(root.url)
        let file = try folder.openFile("a", .createNew)
        let other = try folder.openFile("b", .createNew)
        let fault = try watch.arm(.losesData, on: [.synchronizeData], of: "a", first: 2)
        try file.write([1, 2, 3, 4], at: 0)
        try file.synchronizeData()
        try file.write([7, 8], at: 1)
        try file.write([9, 9, 9], at: 3)
        try file.truncate(to: 5)
        try other.write([5], at: 0)
        #expect(throws: SystemError(code: 5, call: "fdatasync", path: file.path)) { try file.synchronizeData() }
        #expect(try root.content(of: "a") == [1, 2, 3, 4])
        #expect(try root.content(of: "b") == [5])
        #expect(watch.hits(of: fault) == 1)
        try file.synchronizeData()
    }

    /// A commit of SQLite with `synchronous = FULL`: a frame's head and its page into the WAL, then one synchronisation of it.
    @Test func theDatabaseGoesThroughIt() throws {
        let root = try Folder()
        let watch = try DiskWatch(root.url)
        var configuration = Configuration()
        configuration.journalMode = .wal
        let database = try DatabaseQueue(path: root.url.appending(path: "db.sqlite").path, configuration: configuration)
        try database.writeWithoutTransaction { db in
            try db.execute(sql: "PRAGMA synchronous = FULL")
            try db.execute(sql: "CREATE TABLE t (a)")
        }
        let (writes, synchronisations) = (watch.count(.write), watch.count(.synchronizeData))
        try database.write { db in try db.execute(sql: "INSERT INTO t VALUES (1)") }
        #expect(watch.count(.write) == writes + 2)
        #expect(watch.count(.synchronizeData) == synchronisations + 1)
        let fault = try watch.arm(.fails(28), on: [.write], of: "-wal")
        #expect(throws: DatabaseError.self) { try database.write { db in try db.execute(sql: "INSERT INTO t VALUES (2)") } }
        #expect(watch.hits(of: fault) == 1)
        #expect(try database.read { db in try Int.fetchAll(db, sql: "SELECT a FROM t") } == [1])
        try database.close()
    }
}
