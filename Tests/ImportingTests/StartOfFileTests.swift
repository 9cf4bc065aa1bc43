import Daemon
import EventLoop
import Foundation
import Importing
import Recordings
import TestSupport
import Testing
import Workers

@Suite struct StartOfFileTests {
    /// A moment as the clocks on the wall show it where the test runs.
    private static func local(_ year: Int, _ month: Int, _ day: Int, _ hour: Int, _ minute: Int, _ second: Int) throws -> UTCTime {
        UTCTime(
            milliseconds: try #require(LocalTime.milliseconds(year: year, month: month, day: day, hour: hour, minute: minute)) + Int64(second) * 1000)
    }

    private static let written = UTCTime(milliseconds: 1_750_000_000_000)

    /// Of a file with these bytes and this name, last written at `written`.
    private func start(_ name: String, _ bytes: [UInt8] = Array("fLaC".utf8)) throws -> StartOfFile {
        let machine = try TestMachine()
        let url = machine.folder.appending(path: name)
        try Data(bytes).write(to: url)
        try FileManager.default.setAttributes(
            [.modificationDate: Date(timeIntervalSince1970: Double(Self.written.milliseconds) / 1000)], ofItemAtPath: url.path)
        return StartOfFile(try SoundFile(name, in: try Directory.open(path: machine.folder.path)))
    }

    @Test(arguments: [
        "2026-11-23 09.14.01.flac", "REC_20261123_091401.wav", "20261123-091401.mp3", "voice-2026-11-23T09-14-01-anna.m4a", "2026_11_23_09_14_01",
        "call 2026.11.23_09h14m01.flac", "4711_20261123091401.flac",
    ])
    func theNameTellsIt(name: String) throws {
        #expect(try start(name) == StartOfFile(try Self.local(2026, 11, 23, 9, 14, 1), .name))
    }

    @Test func aNameMayTellTheZoneOrNoSeconds() throws {
        #expect(try start("20261123T091401Z.flac") == StartOfFile(try #require(UTCTime("2026-11-23T09:14:01Z")), .name))
        #expect(try start("2026-11-23 09-14.flac") == StartOfFile(try Self.local(2026, 11, 23, 9, 14, 0), .name))
    }

    @Test(arguments: [
        "meeting.flac", "2026-11-23.flac", "20261341_091401.flac", "2026-02-31 09.14.01.flac", "2026-11-23 25.14.01.flac", "1234567890123456.flac",
        "20261123_0914011.flac", "08001234_5678.flac",
    ])
    func elseItIsWhenTheFileWasLastWritten(name: String) throws {
        #expect(try start(name) == StartOfFile(Self.written, .modified))
    }

    private static func number(_ value: Int) -> [UInt8] { (0..<4).map { UInt8(value >> (8 * $0) & 0xFF) } }

    private static func wave(_ chunks: [(String, [UInt8])]) -> [UInt8] {
        var body: [UInt8] = []
        for (name, content) in chunks {
            body += Array(name.utf8) + number(content.count) + content
            if content.count % 2 == 1 { body.append(0) }
        }
        return Array("RIFF".utf8) + number(body.count + 4) + Array("WAVE".utf8) + body
    }

    @Test func aBroadcastWaveFileTellsIt() throws {
        let bext = [UInt8](repeating: 0x20, count: 320) + Array("2026-11-2309:14:01".utf8) + [UInt8](repeating: 0, count: 264)
        let file = Self.wave([("JUNK", [1, 2, 3]), ("bext", bext), ("fmt ", [UInt8](repeating: 0, count: 16)), ("data", [])])
        #expect(try start("20200101_000000.wav", file) == StartOfFile(try Self.local(2026, 11, 23, 9, 14, 1), .file))
        // Cut anywhere, and with lengths that lie: the name counts, and nothing is read behind the end.
        for length in 12..<360 { #expect(try start("20200101_000000.wav", Array(file.prefix(length))).source == .name) }
        let lying = Self.wave([("bext", [])]).dropLast(4) + [0xFF, 0xFF, 0xFF, 0xFF]
        #expect(try start("20200101_000000.wav", Array(lying)).source == .name)
    }

    private static func opus(_ comments: [String]) -> [UInt8] {
        func page(_ packet: [UInt8]) -> [UInt8] {
            let lacing = [UInt8](repeating: 255, count: packet.count / 255) + [UInt8(packet.count % 255)]
            return Array("OggS".utf8) + [UInt8](repeating: 0, count: 22) + [UInt8(lacing.count)] + lacing + packet
        }
        var tags = Array("OpusTags".utf8) + number(4) + Array("test".utf8) + number(comments.count)
        for comment in comments { tags += number(comment.utf8.count) + Array(comment.utf8) }
        return page(Array("OpusHead".utf8) + [1, 1] + [UInt8](repeating: 0, count: 9)) + page(tags)
    }

    @Test func theCommentsOfOpusTellIt() throws {
        let card = Self.opus(["EARSHOT_SERIAL=A1", "EARSHOT_STARTED=2026-11-23T10:14:01+01:00"])
        #expect(try start("x.opus", card) == StartOfFile(try #require(UTCTime("2026-11-23T09:14:01Z")), .file))
        let other = Self.opus(["TITLE=" + String(repeating: "a", count: 300), "date=2026-11-23 09:14:01"])
        #expect(try start("x.opus", other) == StartOfFile(try Self.local(2026, 11, 23, 9, 14, 1), .file))
        #expect(try start("x.opus", Self.opus(["DATE=2026"])).source == .modified)
        for length in stride(from: 28, to: card.count, by: 3) { _ = try start("x.opus", Array(card.prefix(length))) }
    }

    @Test func onlyFilesAreOpened() throws {
        let machine = try TestMachine()
        let folder = try Directory.open(path: machine.folder.path)
        try Data("fLaC".utf8).write(to: machine.folder.appending(path: "real.flac"))
        try FileManager.default.createSymbolicLink(atPath: machine.path("link.flac"), withDestinationPath: machine.path("real.flac"))
        let made = unsafe mkfifo(machine.path("pipe.flac"), 0o600)
        #expect(made == 0)
        try FileManager.default.createDirectory(atPath: machine.path("folder.flac"), withIntermediateDirectories: false)
        for name in ["link.flac", "pipe.flac", "folder.flac"] { #expect(throws: SoundFile.NoFile.self) { _ = try SoundFile(name, in: folder) } }
        #expect(throws: SystemError.self) { _ = try SoundFile("../real.flac", in: folder) }
        try FileManager.default.createDirectory(atPath: machine.path("a/b"), withIntermediateDirectories: true)
        for name in ["a/b/x.flac", "a/.hidden.flac"] { try Data("fLaC".utf8).write(to: machine.folder.appending(path: name)) }
        try FileManager.default.createSymbolicLink(atPath: machine.path("a/loop"), withDestinationPath: machine.folder.path)
        let walk = FolderWalk(machine.folder.path)
        #expect(walk.files.map(\.name) == ["real.flac", "x.flac"] && walk.problems.isEmpty)
    }

    @Test func aFileThatChangesIsNotTaken() throws {
        let machine = try TestMachine()
        let url = machine.folder.appending(path: "a.flac")
        try Data("fLaC".utf8).write(to: url)
        let file = try SoundFile("a.flac", in: try Directory.open(path: machine.folder.path))
        _ = try file.digest()
        let handle = try FileHandle(forWritingTo: url)
        try handle.seekToEnd()
        try handle.write(contentsOf: Data("more".utf8))
        try handle.close()
        #expect(throws: SoundFile.Changed.self) { _ = try file.digest() }
    }
}
