import APIClient
import Foundation
import GatewayAPI
import GatewayTestSupport
import Recordings
import Testing

/// `earshot import` against a gateway's real API.
@Suite(.timeLimit(.minutes(10))) struct ImportCommandTests {
    private static func write(_ files: [String: [UInt8]], in world: GatewayWorld) throws -> String {
        let folder = world.folder + "/drop"
        for (name, bytes) in files {
            let url = URL(filePath: folder + "/" + name)
            try FileManager.default.createDirectory(at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
            try Data(bytes).write(to: url)
            try FileManager.default.setAttributes([.modificationDate: Date(timeIntervalSince1970: 1_763_000_000)], ofItemAtPath: url.path)
        }
        return folder
    }

    @Test func aFolderIsBroughtAndSaidAgainItIsHere() async throws {
        try await GatewayWorld.run { world in
            let folder = try Self.write(
                [
                    "a/2026-01-23 09.14.01.opus": opusFile(9000, 1), "b.flac": Array("fLaC".utf8) + sample(500), "z/twin.opus": opusFile(9000, 1),
                    "notes.txt": Array("hello".utf8), ".hidden.opus": opusFile(9000, 2),
                ], in: world)
            let dry = try await CommandTests.earshot(world, "import", folder, "--dry-run")
            #expect(dry.status == 0 && dry.output.contains("3 would be imported, 1 left out; nothing was changed (--dry-run)."), "\(dry)")
            #expect(try await world.control.recordings().items.isEmpty)
            let run = try await CommandTests.earshot(world, "import", folder)
            #expect(run.status == 0 && run.error.isEmpty, "\(run)")
            #expect(run.lines.last == "2 imported, 1 here already, 1 left out.")
            #expect(run.output.contains("01-23 09:14:01  name") && run.output.contains("last written") && run.output.contains("no recording: text"))
            let again = try await CommandTests.earshot(world, "import", folder, "--json")
            let results = again.lines.map { ($0.contains(#""result":"known""#), $0.contains(#""result":"left_out""#)) }
            #expect(again.status == 0 && results.count { $0.0 } == 3 && results.count { $0.1 } == 1, "\(again)")
            let recordings = try await world.control.recordings().items
            #expect(recordings.map(\.ref) == ["import/1", "import/2"])
            #expect(try await CommandTests.earshot(world, "recordings", "import").lines.count == 3)
            let shown = try await CommandTests.earshot(world, "recordings", "import/2")
            #expect(shown.output.contains("as 2026-01-23 09.14.01.opus") && shown.output.contains("by the file's name"))
            #expect(try await CommandTests.earshot(world, "audit", "import").output.contains("import"))
            // The files are as they were.
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder).sorted() == [".hidden.opus", "a", "b.flac", "notes.txt", "z"])
        }
    }

    @Test func whatCannotBeTakenIsSaidAndTheRestIsTaken() async throws {
        try await GatewayWorld.run { world in
            let folder = try Self.write(
                ["a.opus": opusFile(3000), "broken.wav": Array("RIFF".utf8) + sample(100), "empty.mp3": [], "picture.txt": [0xFF, 0xD8, 0xFF]],
                in: world)
            let run = try await CommandTests.earshot(world, "import", folder, folder + "/picture.txt", folder + "/nothing.opus")
            #expect(run.status == 1)
            #expect(run.output.contains("It is a RIFF file without sound waves; Ogg Opus, WAV, FLAC, MP3 and M4A are taken."))
            #expect(run.output.contains("It is an empty file") && run.output.contains("It is a JPEG picture"))
            #expect(run.output.contains("nothing.opus: No such file or directory"))
            #expect(run.lines.last == "1 imported, 4 could not be taken, 1 left out.", "\(run.output)")
        }
    }

    @Test func itIsWhoseAndWhenItIsSaidToBe() async throws {
        try await GatewayWorld.run { world in
            let folder = try Self.write(["a.opus": opusFile(3000), "b.opus": opusFile(3000, 1)], in: world)
            _ = try await world.control.addHolder(HolderRequest(id: "anna@example.com", name: "Anna", groups: []))
            let run = try await CommandTests.earshot(
                world, "import", folder + "/a.opus", "--holder", "anna@example.com", "--at", "2026-01-23T09:14:01Z", "--kind", "call")
            #expect(run.status == 0, "\(run)")
            let recording = try await world.control.recording("import/1")
            #expect(recording.holder?.id == "anna@example.com" && recording.kind == "call" && recording.clock.known == .set)
            #expect(recording.started == UTCTime("2026-01-23T09:14:01Z"))
            #expect(try await CommandTests.earshot(world, "import", folder, "--at", "yesterday").status == 2)
            let nobody = try await CommandTests.earshot(world, "import", folder, "--holder", "nobody@example.com")
            #expect(nobody.status == 1 && nobody.error.contains("There is no holder nobody@example.com. earshot holders lists them"))
            #expect(try await world.control.recordings().items.count == 1)
        }
    }
}
