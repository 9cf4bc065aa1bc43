import APIClient
import Foundation
import GatewayAPI
import Subprocess
import SystemPackage
import TestSupport
import Testing

/// Bodies of a gigabyte, a thousand connections and a reader that takes nothing: the gateway stays small, and recordings come in all the while.
@Suite(.timeLimit(.minutes(15))) struct LimitTests {
    /// What earshotd may take of memory at its highest, in KiB.
    private static let memory = 192 << 10

    private let folder = URL(filePath: "/tmp/earshot-limits-\(UUID().uuidString.prefix(8))")

    @Test func pullsGoOnUnderAttack() async throws {
        defer { try? FileManager.default.removeItem(at: folder) }
        var failure: (any Error)?
        _ = try await Subprocess.run(
            .path(FilePath(try BuiltProducts.path(of: "earshot"))), arguments: ["sandbox", "--folder", folder.path], input: .none, output: .sequence,
            error: .string(limit: 1 << 16)
        ) { process in
            for try await line in process.standardOutput.strings() where line.contains("Ctrl-C ends it") {
                do { try await attackAndPull() } catch { failure = error }
                try process.send(signal: .interrupt)
            }
        }
        if let failure { throw failure }
    }

    private func attackAndPull() async throws {
        let script = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "attack/attack.py").path
        var said: [JSONValue] = []
        let attack = try await Subprocess.run(
            .name("python3"), arguments: [script, folder.appending(path: "run").path], input: .inputWriter, output: .sequence, error: .discarded
        ) { process in
            for try await line in process.standardOutput.strings() {
                said.append(try APIJSON.decode(JSONValue.self, from: Array(line.utf8)))
                guard said.count == 1 else { continue }
                try await recordAndAwaitRelease()
                try await process.standardInputWriter.finish()
            }
        }
        #expect(attack.terminationStatus.isSuccess)
        try #require(said.count == 2, "\(said)")
        // More than the gateway serves at once stood at its door.
        for door in ["control", "read", "agents"] { #expect((said[0]["armed"]?[door]?.integer ?? 0) >= 250, "\(said[0])") }
        let (body, artifact) = (said[1]["body"], said[1]["artifact"])
        #expect(body?["answer"]?.string?.contains(" 413 ") == true, "\(said[1])")
        #expect((body?["sent"]?.integer ?? .max) < 512 << 20, "\(said[1])")
        #expect(artifact?["answer"]?.string?.contains(" 4") == true, "\(said[1])")
        #expect(try highestMemory() < Self.memory)
        try await settle()
    }

    /// The card itself says when the gateway has released it: nothing of this asks the sockets under attack.
    private func recordAndAwaitRelease() async throws {
        let before = try await released()
        let speech = "/usr/share/sounds/alsa/Front_Center.wav"
        let recorded = try await card("record", speech, "--length", "60")
        try #require(recorded.succeeded, "\(recorded.errors)")
        while try await released() == before { try await ContinuousClock().sleep(for: .milliseconds(100)) }
    }

    private func released() async throws -> Int { try await card("list", "--json").output.matches(of: /"released"/).count }

    private func card(_ arguments: String...) async throws -> Tool {
        try await Tool.own("earshot-card", ["anna"] + arguments, environment: ["EARSHOT_CARDS": folder.appending(path: "cards").path])
    }

    /// When the attack is over, everybody is served again and nothing is missing.
    private func settle() async throws {
        let socket = folder.appending(path: "run/control/api.sock").path
        while true {
            do {
                let audit = try await GatewayClient(socket: socket).audit()
                #expect(audit.unexplained == 0 && audit.cards.contains { $0.held > 0 }, "\(audit)")
                return
            } catch is APIError { try await ContinuousClock().sleep(for: .milliseconds(100)) }
        }
    }

    /// VmHWM of the sandbox's earshotd.
    private func highestMemory() throws -> Int {
        for process in try FileManager.default.contentsOfDirectory(atPath: "/proc") where Int(process) != nil {
            guard let environment = FileManager.default.contents(atPath: "/proc/\(process)/environ"),
                String(decoding: environment, as: UTF8.self).contains("EARSHOT_STATE=\(folder.path)/state"),
                let status = FileManager.default.contents(atPath: "/proc/\(process)/status")
            else { continue }
            let lines = String(decoding: status, as: UTF8.self).split(separator: "\n")
            guard lines.first == "Name:\tearshotd", let peak = lines.first(where: { $0.hasPrefix("VmHWM:") }) else { continue }
            return try #require(peak.split(separator: " ").compactMap { Int($0) }.first)
        }
        throw ProcessGone()
    }

    private struct ProcessGone: Error {}
}
