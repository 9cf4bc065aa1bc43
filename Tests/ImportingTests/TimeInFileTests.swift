import Daemon
import EventLoop
import Foundation
import Importing
import Recordings
import TestSupport
import Testing

/// Times that MP3 and MP4 files carry, from tags as the formats' own documents have them.
@Suite struct TimeInFileTests {
    private static let name = "20200101_000000"
    private static let time = "2026-11-23T09:14:01Z"

    private func start(_ bytes: [UInt8], _ ending: String) throws -> StartOfFile {
        let machine = try TestMachine()
        try Data(bytes).write(to: machine.folder.appending(path: Self.name + ending))
        return StartOfFile(try SoundFile(Self.name + ending, in: try Directory.open(path: machine.folder.path)))
    }

    private static func local(_ hour: Int, _ minute: Int) throws -> UTCTime {
        UTCTime(milliseconds: try #require(LocalTime.milliseconds(year: 2026, month: 11, day: 23, hour: hour, minute: minute)))
    }

    private static func big(_ value: Int, _ bytes: Int) -> [UInt8] { (0..<bytes).reversed().map { UInt8(truncatingIfNeeded: value >> (8 * $0)) } }
    private static func synchsafe(_ value: Int) -> [UInt8] { (0..<4).reversed().map { UInt8(value >> (7 * $0) & 0x7F) } }

    // MARK: - ID3

    /// - Parameter frames: id, bytes of the text with its encoding, flags.
    private static func tag(
        _ version: UInt8, _ frames: [(String, [UInt8])], flags: UInt8 = 0, frameFlags: UInt8 = 0, extended: [UInt8] = []
    ) -> [UInt8] {
        var body = extended
        for (id, text) in frames {
            body += Array(id.utf8)
            body += version == 2 ? big(text.count, 3) : version == 3 ? big(text.count, 4) : synchsafe(text.count)
            if version > 2 { body += [0, frameFlags] }
            body += text
        }
        body += [UInt8](repeating: 0, count: 64)
        return Array("ID3".utf8) + [version, 0, flags] + synchsafe(body.count) + body + [0xFF, 0xFB, 0x90, 0x00]
    }

    private static func latin(_ text: String) -> [UInt8] { [0] + Array(text.utf8) }
    private static func wide(_ text: String) -> [UInt8] { [1, 0xFF, 0xFE] + text.utf8.flatMap { [$0, 0] } }

    @Test func theNewTagIsInUTC() throws {
        let expected = StartOfFile(try #require(UTCTime(Self.time)), .file)
        #expect(try start(Self.tag(4, [("TDRC", Self.latin("2026-11-23T09:14:01"))]), ".mp3") == expected)
        #expect(try start(Self.tag(4, [("TDRC", Self.wide("2026-11-23T09:14:01"))]), ".mp3") == expected)
        #expect(try start(Self.tag(4, [("TDRC", [3] + Array("2026-11-23T09:14:01\0".utf8))]), ".mp3") == expected)
        // A picture stands before it, larger than what is read at first; and a header that says more.
        let picture = ("APIC", [UInt8](repeating: 7, count: 300_000))
        #expect(try start(Self.tag(4, [picture, ("TDRC", Self.latin("2026-11-23T09:14:01"))]), ".mp3") == expected)
        let extended = Self.synchsafe(6) + [1, 0]
        #expect(try start(Self.tag(4, [("TDRC", Self.latin("2026-11-23T09:14:01"))], flags: 0x40, extended: extended), ".mp3") == expected)
    }

    @Test(arguments: [UInt8(2), 3]) func theOldTagsAreOnTheWallsClock(version: UInt8) throws {
        let ids = version == 2 ? ["TYE", "TDA", "TIM"] : ["TYER", "TDAT", "TIME"]
        let frames = zip(ids, ["2026", "2311", "0914"]).map { ($0, Self.latin($1)) }
        #expect(try start(Self.tag(version, frames), ".mp3") == StartOfFile(try Self.local(9, 14), .file))
        let wide = zip(ids, ["2026", "2311", "0914"]).map { ($0, Self.wide($1)) }
        #expect(try start(Self.tag(version, wide), ".mp3") == StartOfFile(try Self.local(9, 14), .file))
        // A day without a time is no start.
        #expect(try start(Self.tag(version, Array(frames.prefix(2))), ".mp3").source == .name)
        #expect(try start(Self.tag(version, zip(ids, ["2026", "3102", "0914"]).map { ($0, Self.latin($1)) }), ".mp3").source == .name)
    }

    @Test func aTagThatCannotBeUnderstoodTellsNothing() throws {
        let frame = [("TDRC", Self.latin("2026-11-23T09:14:01"))]
        #expect(try start(Self.tag(4, [("TDRC", Self.latin("2026-11-23"))]), ".mp3").source == .name)
        #expect(try start(Self.tag(4, [("TDRC", Self.latin("2026"))]), ".mp3").source == .name)
        #expect(try start(Self.tag(4, frame, frameFlags: 0x08), ".mp3").source == .name)
        #expect(try start(Self.tag(5, frame), ".mp3").source == .name)
        #expect(try start(Self.tag(3, [("TYER", Self.latin("2026"))], flags: 0x80), ".mp3").source == .name)
        let whole = Self.tag(4, frame)
        for length in 4..<39 { #expect(try start(Array(whole.prefix(length)), ".mp3").source == .name, "\(length)") }
        // A frame that claims to be longer than the tag.
        var lying = whole
        lying.replaceSubrange(14..<18, with: [0x7F, 0x7F, 0x7F, 0x7F])
        #expect(try start(lying, ".mp3").source == .name)
    }

    // MARK: - As others write them

    private static let hasFFmpeg = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":").contains {
        FileManager.default.isExecutableFile(atPath: "\($0)/ffmpeg")
    }

    @Test(
        .enabled(if: hasFFmpeg, "ffmpeg is not installed: Scripts/test installs it"),
        arguments: [
            (".m4a", ["-metadata", "creation_time=\(time)"], StartSource.file),
            (".m4a", ["-metadata", "creation_time=\(time)", "-movflags", "+faststart"], .file),
            (".mp3", ["-metadata", "date=2026-11-23T09:14:01"], .file),
            // It writes the year alone into the older tag, and no time where none is given.
            (".mp3", ["-id3v2_version", "3", "-metadata", "date=2026-11-23T09:14:01"], .name), (".m4a", [], .name),
        ])
    func whatFFmpegWroteIsUnderstood(ending: String, options: [String], source: StartSource) throws {
        let machine = try TestMachine()
        let (status, said) = try ChildProcess.run(
            "ffmpeg", ["-nostdin", "-loglevel", "error", "-f", "lavfi", "-i", "sine=d=1"] + options + [machine.path(Self.name + ending)])
        try #require(status == 0, "\(said)")
        let start = StartOfFile(try SoundFile(Self.name + ending, in: try Directory.open(path: machine.folder.path)))
        #expect(start.source == source)
        #expect(try source == .name || start.time == #require(UTCTime(Self.time)))
    }

    // MARK: - MP4

    private static func box(_ type: String, _ content: [UInt8], wide: Bool = false) -> [UInt8] {
        wide ? big(1, 4) + Array(type.utf8) + big(content.count + 16, 8) + content : big(content.count + 8, 4) + Array(type.utf8) + content
    }

    private static func header(_ created: Int, version: UInt8 = 0) -> [UInt8] {
        box("mvhd", [version, 0, 0, 0] + big(created, version == 1 ? 8 : 4) + [UInt8](repeating: 0, count: 92))
    }

    private static let fileType = box("ftyp", Array("M4A \0\0\0\0M4A isom".utf8))
    /// From 1904, where MP4 counts from.
    private static func since1904() throws -> Int { Int(try #require(UTCTime(time)).milliseconds / 1000) + 2_082_844_800 }

    @Test func theMovieHeaderTellsItWhereverItStands() throws {
        let expected = StartOfFile(try #require(UTCTime(Self.time)), .file)
        let sound = Self.box("mdat", [UInt8](repeating: 1, count: 200_000))
        for version in [UInt8(0), 1] {
            let movie = Self.box("moov", Self.box("free", [1, 2, 3]) + Self.header(try Self.since1904(), version: version))
            #expect(try start(Self.fileType + movie + sound, ".m4a") == expected)
            #expect(try start(Self.fileType + sound + movie, ".m4a") == expected)
            #expect(try start(Self.fileType + Self.box("mdat", [UInt8](repeating: 1, count: 9000), wide: true) + movie, ".m4a") == expected)
            // The last box may leave its size open.
            let open: [UInt8] = [0, 0, 0, 0] + Array(movie.dropFirst(4))
            #expect(try start(Self.fileType + sound + open, ".m4a") == expected)
        }
    }

    @Test func aMovieThatDoesNotSayItTellsNothing() throws {
        for created in [0, 1, 2_082_844_800] {
            #expect(try start(Self.fileType + Self.box("moov", Self.header(created)), ".m4a").source == .name, "\(created)")
        }
        let far = Self.header(Int.max, version: 1)
        #expect(try start(Self.fileType + Self.box("moov", far), ".m4a").source == .name)
        let negative = Self.header(Int.min, version: 1)
        #expect(try start(Self.fileType + Self.box("moov", negative), ".m4a").source == .name)
        let whole = Self.fileType + Self.box("moov", Self.header(try Self.since1904()))
        for length in Self.fileType.count..<whole.count { #expect(try start(Array(whole.prefix(length)), ".m4a").source == .name, "\(length)") }
        // Sizes that lead nowhere: less than a head, more than the file, and boxes without end.
        for size in [[0, 0, 0, 2], [0xFF, 0xFF, 0xFF, 0xFF], [0, 0, 0, 1, 0x6D, 0x6F, 0x6F, 0x76, 0xFF]] as [[UInt8]] {
            let rest = Array(whole.suffix(from: Self.fileType.count + size.count))
            #expect(try start(Self.fileType + size + rest, ".m4a").source == .name)
        }
        let many = (0..<300).flatMap { _ in Self.box("free", []) }
        #expect(try start(Self.fileType + many + Array(whole.dropFirst(Self.fileType.count)), ".m4a").source == .name)
    }
}
