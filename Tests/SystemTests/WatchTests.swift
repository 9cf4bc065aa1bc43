import APIClient
import Foundation
import GatewayAPI
import Recordings
import Subprocess
import SystemPackage
import TestSupport
import Testing

/// earshot-import and earshotd as processes, a folder between them.
@Suite(.timeLimit(.minutes(10))) struct WatchTests {
    /// A file that is Ogg Opus by its head, and no two numbers give the same.
    private static func opus(_ number: UInt8, _ count: Int = 40_000) -> Data {
        Data(
            Array("OggS".utf8) + [UInt8](repeating: 0, count: 22) + [1, 19] + Array("OpusHead".utf8) + [number]
                + (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 31) })
    }

    /// Runs earshot-import and hands over each line of its log until `isEnough` says so; then ends it by that signal.
    private static func watch(_ daemon: RunningDaemon, by signal: Signal = .terminate, _ isEnough: (String) throws -> Bool) async throws {
        let environment: [Environment.Key: String?] = [
            "EARSHOT_CONFIG": daemon.configuration.path, "EARSHOT_SOCKET": daemon.run.appending(path: "agents/api.sock").path,
            "EARSHOT_TOKEN_FILE": daemon.run.appending(path: "tokens/import").path, "NOTIFY_SOCKET": nil, "TZ": "UTC",
        ]
        var failure: (any Error)?
        var isOver = false
        _ = try await Subprocess.run(
            .path(FilePath(try BuiltProducts.path(of: "earshot-import"))), arguments: ["--settled", "1"],
            environment: .inherit.updating(environment), input: .none, output: .discarded, error: .sequence
        ) { process in
            for try await line in process.standardError.strings() where !isOver {
                do { isOver = try isEnough(line) } catch { (failure, isOver) = (error, true) }
                if isOver { try process.send(signal: signal) }
            }
        }
        if let failure { throw failure }
        #expect(isOver, "it ended by itself")
    }

    @Test func whatIsPutThereIsImportedOnce() async throws {
        let machine = try TestMachine()
        for name in ["in", "out"] { try FileManager.default.createDirectory(atPath: machine.path(name), withIntermediateDirectories: true) }
        let (stays, moves) = (machine.folder.appending(path: "in"), machine.folder.appending(path: "out"))
        let configuration = """
            [[import.watch]]
            folder = "\(stays.path)"
            kind = "memo"
            [[import.watch]]
            folder = "\(moves.path)"
            then = "move"
            """
        try await RunningDaemon.with(configuration) { daemon in
            try Self.opus(1).write(to: stays.appending(path: "20261123_091401.opus"))
            try Data("hello".utf8).write(to: stays.appending(path: "notes.opus"))
            try Self.opus(9).write(to: machine.folder.appending(path: "outside.opus"))
            for folder in [stays, moves] {
                try FileManager.default.createSymbolicLink(
                    at: folder.appending(path: "link.opus"), withDestinationURL: machine.folder.appending(path: "outside.opus"))
            }
            var said: [String] = []
            try await Self.watch(daemon, by: .kill) { line in
                guard line.contains("file imported") || line.contains("file refused") else { return false }
                said.append(line)
                if said.count == 2 { for number: UInt8 in [2, 3] { try Self.opus(number).write(to: moves.appending(path: "\(number).opus")) } }
                return said.count == 4
            }
            #expect(said.count { $0.contains("file refused") } == 1)
            #expect(said.contains { $0.contains("file refused") && $0.contains("notes.opus") && $0.contains("It is text") }, "\(said)")
            #expect(said.contains { $0.contains("file imported") && $0.contains("20261123_091401.opus") }, "\(said)")
            // Killed, and begun anew: what is there is known, what was moved stays away, and a name that is taken is not taken over.
            try FileManager.default.createDirectory(at: moves.appending(path: "imported"), withIntermediateDirectories: true)
            try Data("mine".utf8).write(to: moves.appending(path: "imported/4.opus"))
            try Self.opus(4).write(to: moves.appending(path: "4.opus"))
            var names: Set<String> = []
            try await Self.watch(daemon) { line in
                guard line.contains("file imported") else { return false }
                for name in ["20261123_091401.opus", "4.opus"] where line.contains(name) { names.insert(name) }
                return names.count == 2
            }
            let recordings = try await daemon.client.recordings().items
            #expect(recordings.count == 4 && Set(recordings.map(\.sha256)).count == 4)
            let named = try #require(recordings.first { $0.imported?.file == "20261123_091401.opus" })
            #expect(named.kind == "memo" && named.imported?.startedFrom?.known == .name && named.started == UTCTime("2026-11-23T09:14:01Z"))
            #expect(try FileManager.default.contentsOfDirectory(atPath: stays.path).sorted() == ["20261123_091401.opus", "link.opus", "notes.opus"])
            #expect(try FileManager.default.contentsOfDirectory(atPath: moves.path).sorted() == ["imported", "link.opus"])
            let moved = try FileManager.default.contentsOfDirectory(atPath: moves.appending(path: "imported").path).sorted()
            #expect(moved.count == 4 && moved.prefix(3) == ["2.opus", "3.opus", "4.opus"] && moved[3].hasPrefix("rec_"), "\(moved)")
            #expect(try String(contentsOf: moves.appending(path: "imported/4.opus"), encoding: .utf8) == "mine")
            #expect(try Data(contentsOf: moves.appending(path: "imported/" + moved[3])) == Self.opus(4))
        }
    }

    @Test func withoutAFolderItEndsAtOnce() async throws {
        let machine = try TestMachine()
        let run = try await Tool.machine("env", ["EARSHOT_CONFIG=\(machine.path("none.toml"))", try BuiltProducts.path(of: "earshot-import")])
        #expect(!run.succeeded && run.errors.contains("There is no such file."))
        try Data().write(to: machine.folder.appending(path: "none.toml"))
        let empty = try await Tool.machine("env", ["EARSHOT_CONFIG=\(machine.path("none.toml"))", try BuiltProducts.path(of: "earshot-import")])
        #expect(empty.succeeded && empty.errors.contains("no folder is watched"), "\(empty.errors)")
    }
}
