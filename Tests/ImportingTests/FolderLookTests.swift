import EventLoop
import Foundation
import Importing
import TestSupport
import Testing

/// When a file of a watched folder is whole.
@Suite struct FolderLookTests {
    private let machine: TestMachine
    private let folder: String

    init() throws {
        machine = try TestMachine()
        folder = machine.folder.path
    }

    private func write(_ name: String, _ text: String, at second: Double) throws {
        let path = machine.path(name)
        try Data(text.utf8).write(to: URL(filePath: path))
        try FileManager.default.setAttributes([.modificationDate: Date(timeIntervalSince1970: second)], ofItemAtPath: path)
    }

    private func present() throws -> [String: FileStatus] {
        let open = try Directory.open(path: folder)
        return try Dictionary(uniqueKeysWithValues: open.names().compactMap { name in try open.status(of: name).map { (name, $0) } })
    }

    @Test func aFileIsTakenOnceItDidNotChangeForAWhile() throws {
        var look = FolderLook(settled: .seconds(10))
        try write("a", "be", at: 100)
        #expect(look.look(try present(), at: .seconds(0)).isEmpty)
        #expect(look.look(try present(), at: .seconds(9)).isEmpty)
        // It grows: the time begins anew, also when the clock that wrote it stood still.
        try write("a", "begin", at: 100)
        #expect(look.look(try present(), at: .seconds(11)).isEmpty)
        #expect(look.look(try present(), at: .seconds(20)).isEmpty)
        #expect(look.look(try present(), at: .seconds(21)) == ["a"])
        // Until it was taken it is named again.
        #expect(look.look(try present(), at: .seconds(22)) == ["a"])
        look.finish("a")
        #expect(look.look(try present(), at: .seconds(500)).isEmpty)
        // Changed afterwards, or another file under its name: it is a new one.
        try write("a", "again", at: 101)
        #expect(look.look(try present(), at: .seconds(501)).isEmpty)
        #expect(look.look(try present(), at: .seconds(511)) == ["a"])
        look.finish("a")
        try FileManager.default.removeItem(atPath: machine.path("a"))
        #expect(look.look(try present(), at: .seconds(512)).isEmpty)
        try write("a", "again", at: 101)
        #expect(look.look(try present(), at: .seconds(513)).isEmpty)
        #expect(look.look(try present(), at: .seconds(523)) == ["a"])
    }

    @Test func theOldestComesFirst() throws {
        var look = FolderLook(settled: .seconds(1))
        try write("a", "1", at: 300)
        try write("b", "2", at: 100)
        try write("c", "3", at: 200)
        _ = look.look(try present(), at: .zero)
        #expect(look.look(try present(), at: .seconds(1)) == ["b", "c", "a"])
    }

    @Test func aMoveReplacesNothing() throws {
        try write("a", "new", at: 1)
        let here = try Directory.open(path: folder)
        let there = try here.makeDirectory("imported")
        try Data("old".utf8).write(to: machine.folder.appending(path: "imported/a"))
        #expect(try here.renameIfFree("a", to: "a", in: there) == false)
        #expect(try here.renameIfFree("a", to: "b", in: there))
        #expect(try String(contentsOfFile: machine.path("imported/a"), encoding: .utf8) == "old")
        #expect(try String(contentsOfFile: machine.path("imported/b"), encoding: .utf8) == "new")
        #expect(throws: SystemError.self) { try here.renameIfFree("a", to: "c", in: there) }
        #expect(throws: SystemError.self) { try here.renameIfFree("imported", to: "../x", in: there) }
    }
}
