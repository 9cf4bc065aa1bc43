import Foundation
import Subprocess
import SystemPackage
import TestSupport
import Testing

/// A client that shares no code with Earshot takes a recording from the software card: bleak, through D-Bus, by docs/profile.md alone.
@Suite(.timeLimit(.minutes(10))) struct BleakTests {
    private struct Report: Decodable {
        struct Features: Decodable {
            let generation: String
            let entrySize: Int
        }

        struct Entry: Decodable {
            let number: UInt32
            let size: Int
            let digest: String
        }

        let address: String
        let mtu: Int
        let passkeysAsked: Int
        let features: Features
        let recordings: [Entry]
        let recording: UInt32
        let bytes: Int
        let packets: Int
        let sha256: String
        let released: Bool
    }

    /// Says so when the Python that Scripts/test makes is not there, and then takes the machine's.
    private static var python: String {
        var root = URL(filePath: #filePath)
        for _ in 0..<3 { root.deleteLastPathComponent() }
        let own = root.appending(path: ".build/python/bin/python").path
        return FileManager.default.isExecutableFile(atPath: own) ? own : "python3"
    }

    private static var script: String { URL(filePath: #filePath).deletingLastPathComponent().appending(path: "bleak/pull.py").path }

    /// Values come by StartNotify, as bleak has it unless told otherwise, or over a socket of its own.
    @Test(arguments: [[], ["--private-socket"]]) func bleakPairsPullsAndReleases(_ options: [String]) async throws {
        let sound = "/usr/share/sounds/alsa/Front_Center.wav"
        try await PrivateBus.with { bus in
            let cards = bus.folder.appending(path: "cards").path
            let environment: [Environment.Key: String?] = ["DBUS_SYSTEM_BUS_ADDRESS": bus.addressText, "EARSHOT_CARDS": cards]
            try await Self.whileSimulating(["anna", "--recordings", sound], environment) {
                func card(_ arguments: String...) async throws -> String {
                    let tool = try await Tool.own("earshot-card", ["anna"] + arguments, environment: environment)
                    try #require(tool.succeeded, "\(tool.errors)")
                    return tool.output
                }
                // Long enough for several pages and some hundred notifications.
                _ = try await card("record", sound, "/usr/share/sounds/alsa/Noise.wav", "--length", "60", "--kind", "call")
                _ = try await card("pair")
                let pulled = bus.folder.appending(path: "pulled.opus")
                let passkey = [try BuiltProducts.path(of: "earshot-card"), "anna", "passkey"]
                let bleak = try await Tool.machine(
                    Self.python, [Self.script, pulled.path, "--recording", "2", "--release"] + options + ["--passkey-command"] + passkey,
                    environment: environment)
                try #require(bleak.succeeded, "\(bleak.errors)")
                let decoder = JSONDecoder()
                decoder.keyDecodingStrategy = .convertFromSnakeCase
                let report = try decoder.decode(Report.self, from: Data(bleak.output.utf8))
                #expect(report.passkeysAsked == 1)
                #expect(report.mtu == 247)
                #expect(report.features.entrySize == 48)
                #expect(report.recordings.map(\.number) == [1, 2])
                #expect(report.recording == 2)
                #expect(report.released)
                #expect(report.packets > 200)

                let own = bus.folder.appending(path: "own.opus")
                _ = try await card("dump", "2", own.path)
                let bytes = try Data(contentsOf: own)
                #expect(try Data(contentsOf: pulled) == bytes)
                #expect(report.bytes == bytes.count)
                #expect(try await card("list").contains("released  \(report.sha256)"))
            }
        }
    }

    /// Runs `earshot-card simulate` until `body` has ended; `body` starts when the cards can be seen.
    private static func whileSimulating(
        _ arguments: [String], _ environment: [Environment.Key: String?], _ body: () async throws -> Void
    ) async throws {
        _ = try await Subprocess.run(
            .path(FilePath(try BuiltProducts.path(of: "earshot-card"))), arguments: Arguments(["simulate"] + arguments),
            environment: .inherit.updating(environment), input: .none, output: .sequence, error: .discarded
        ) { process in
            var lines = process.standardOutput.strings().makeAsyncIterator()
            let ready = try await lines.next()
            try #require(ready?.contains("\"ready\":true") == true)
            let result: Result<Void, any Error>
            do { result = .success(try await body()) } catch { result = .failure(error) }
            try process.send(signal: .terminate)
            while try await lines.next() != nil {}
            try result.get()
        }
    }
}
