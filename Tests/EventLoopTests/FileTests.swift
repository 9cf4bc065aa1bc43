import EventLoop
import Foundation
import Testing

@Suite struct FileTests {
    /// Lends a fresh folder and removes it.
    private func withFolder(_ body: (borrowing Directory, URL) throws -> Void) throws {
        let url = FileManager.default.temporaryDirectory.appending(path: "earshot-files-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: url) }
        try body(try Directory.open(path: url.path), url)
    }

    private func error(_ body: () throws -> Void) -> SystemError? {
        do {
            try body()
            return nil
        } catch { return error as? SystemError }
    }

    @Test func bytesAreWrittenReadAndCut() throws {
        try withFolder { folder, url in
            let file = try folder.openFile("a.part", .createNew)
            let bytes = (0..<100_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
            try file.reserve(1 << 20)
            #expect(try file.size() == 0)
            try file.write(bytes, at: 0)
            try file.synchronizeData()
            try file.dropFromCache()
            var buffer = [UInt8](repeating: 0, count: 60_000)
            #expect(try file.read(into: &buffer, at: 50_000) == 50_000)
            #expect(Array(buffer.prefix(50_000)) == Array(bytes.suffix(50_000)))
            try file.truncate(to: 10)
            #expect(try folder.size(of: "a.part") == 10)
            #expect(try file.read(into: &buffer, at: 10) == 0)
            #expect(try Data(contentsOf: url.appending(path: "a.part")) == Data(bytes.prefix(10)))
            let permissions = try FileManager.default.attributesOfItem(atPath: url.appending(path: "a.part").path)[.posixPermissions] as? Int
            #expect(permissions == 0o600)
            #expect(error { _ = try folder.openFile("a.part", .createNew) }?.isAlreadyThere == true)
            #expect(error { _ = try folder.openFile("b", .readWrite) }?.isNotFound == true)
        }
    }

    @Test func aFullDiskIsRecognised() throws {
        let full = try DurableFile.open(path: "/dev/full", .readWrite)
        let found = error { try full.write([1, 2, 3], at: 0) }
        #expect(found?.isOutOfSpace == true)
        #expect(found?.call == "pwrite")
        #expect(found?.path == "/dev/full")
        #expect(found.map { "\($0)" } == "pwrite /dev/full: No space left on device")
    }

    @Test func foldersMakeRenameListAndRemove() throws {
        try withFolder { folder, url in
            let cards = try folder.makeDirectory("cards")
            let again = try folder.makeDirectory("cards")
            #expect(cards.path == again.path)
            try cards.writeAtomically("b", Array("old".utf8))
            try cards.writeAtomically("b", Array("new".utf8))
            #expect(try cards.readFile("b", limit: 3) == Array("new".utf8))
            #expect(error { _ = try cards.readFile("b", limit: 2) }?.code == EFBIG)
            try cards.writeAtomically("a", [UInt8]())
            #expect(try cards.list() == ["a", "b"])
            try cards.rename("b", to: "c")
            try cards.rename("c", to: "d", in: folder)
            try cards.writeAtomically("b", [UInt8]())
            #expect(try !cards.renameIfFree("b", to: "a"), "it is not replaced")
            #expect(try cards.renameIfFree("b", to: "c"))
            #expect(try cards.list() == ["a", "c"])
            try cards.unlink("c")
            try cards.synchronize()
            try folder.synchronize()
            #expect(try cards.list() == ["a"])
            #expect(try folder.list() == ["cards", "d"])
            #expect(try folder.unlink("d"))
            #expect(try !folder.unlink("d"))
            #expect(try folder.size(of: "d") == nil)
            #expect(try folder.freeBytes() > 0)
            #expect(error { _ = try folder.openDirectory("none") }?.isNotFound == true)
            #expect(error { _ = try Directory.open(path: url.path + "/none") }?.path == url.path + "/none")
        }
    }

    @Test func namesThatLeaveTheFolderAreRefused() throws {
        try withFolder { folder, url in
            for name in ["", ".", "..", "a/b", "/etc/passwd", "a\0b"] {
                #expect(error { _ = try folder.openFile(name, .create) }?.code == EINVAL)
                #expect(error { _ = try folder.unlink(name) }?.code == EINVAL)
                #expect(error { _ = try folder.makeDirectory(name) }?.code == EINVAL)
                #expect(error { try folder.rename("x", to: name) }?.code == EINVAL)
                #expect(error { try folder.rename(name, to: "x") }?.code == EINVAL)
            }
            try FileManager.default.createSymbolicLink(atPath: url.appending(path: "link").path, withDestinationPath: "/etc/passwd")
            #expect(error { _ = try folder.openFile("link", .read) }?.code == ELOOP)
            try FileManager.default.createSymbolicLink(atPath: url.appending(path: "folder").path, withDestinationPath: "/etc")
            #expect(error { _ = try folder.openDirectory("folder") } != nil)
        }
    }
}
