import EventLoop
import Foundation
import TestSupport
import Testing

/// The disk that the power cuts are made of, held against what a person would expect of one.
@Suite struct DiskModelTests {
    /// What any of many cuts may leave after these calls on an empty folder.
    private func states(_ calls: (borrowing Directory) throws -> Void) throws -> Set<[String: [UInt8]]> {
        let scratch = try Scratch()
        let root = scratch.url.appending(path: "root")
        try FileManager.default.createDirectory(at: root, withIntermediateDirectories: false)
        let watch = try DiskWatch(root, log: scratch.url.appending(path: "log"))
        try calls(Directory.open(path: root.path))
        var model = DiskModel()
        for entry in try DiskLog(scratch.url.appending(path: "log")).entries { try model.perform(entry) }
        #expect(watch.calls > 0)
        var draws = Draws(7)
        return Set((0..<4000).map { _ in PowerCut.state(of: model, &draws).files })
    }

    @Test func whatWasSynchronisedStays() throws {
        let states = try states { folder in
            let file = try folder.openFile("a", .createNew)
            try file.write([1, 2], at: 0)
            try file.synchronizeData()
            try folder.synchronize()
        }
        #expect(states == [["a": [1, 2]]])
    }

    @Test func aNameIsNotDurableWithItsFile() throws {
        let states = try states { folder in
            let file = try folder.openFile("a", .createNew)
            try file.write([1], at: 0)
            try file.synchronizeData()
        }
        #expect(states == [[:], ["a": [1]]])
    }

    @Test func aRenameMayComeBackUndone() throws {
        let states = try states { folder in
            for (name, byte) in [("a", 1), ("b", 2)] as [(String, UInt8)] {
                let file = try folder.openFile(name, .createNew)
                try file.write([byte], at: 0)
                try file.synchronizeData()
            }
            try folder.synchronize()
            try folder.rename("a", to: "b")
        }
        #expect(states == [["a": [1], "b": [2]], ["b": [1]]])
    }

    @Test func writesAreLostInAnyOrderAndTornAtSectors() throws {
        let states = try states { folder in
            let file = try folder.openFile("a", .createNew)
            try file.write([UInt8](repeating: 1, count: 1536), at: 0)
            try file.synchronizeData()
            try folder.synchronize()
            try file.write([UInt8](repeating: 2, count: 1024), at: 256)
            try file.write([3], at: 2000)
        }
        let contents = Set(states.compactMap { $0["a"] })
        for bytes in contents {
            // Each sector is the old or the new one, within what was written.
            for (place, byte) in bytes.enumerated() {
                let old: UInt8 = place < 1536 ? 1 : 0
                #expect([old, (256..<1280).contains(place) ? 2 : old, place == 2000 ? 3 : old].contains(byte))
            }
            for sector in [256..<512, 512..<1024, 1024..<1280] { #expect(Set(bytes[sector]).count == 1) }
            #expect(bytes.count == 1536 || bytes.count == 2001)
        }
        // Three sectors and the last byte, in any combination.
        #expect(contents.count == 16)
    }

    @Test func aFolderThatIsLostTakesItsFilesAlong() throws {
        let states = try states { folder in
            try FileManager.default.createDirectory(atPath: folder.path(of: "x"), withIntermediateDirectories: false)
            let inner = try folder.openDirectory("x")
            let file = try inner.openFile("a", .createNew)
            try file.write([1], at: 0)
            try file.synchronizeData()
            try inner.synchronize()
        }
        #expect(states == [[:], ["x/a": [1]]])
    }
}
