import Foundation
import Subprocess
import TestSupport
import Testing

/// A box whose ledger is gone, with the real programs.
@Suite(.serialized, .timeLimit(.minutes(15))) struct RebuildTests {
    private let folder = URL(filePath: "/tmp/earshot-lost-\(UUID().uuidString.prefix(8))")

    private var state: URL { folder.appending(path: "state") }
    private var environment: [Environment.Key: String?] {
        [
            "EARSHOT_STATE": state.path, "EARSHOT_RUN": folder.appending(path: "run").path,
            "EARSHOT_CONFIG": folder.appending(path: "earshot.toml").path,
            "DBUS_SYSTEM_BUS_ADDRESS": "unix:path=\(folder.appending(path: "bus").path)",
        ]
    }

    @Test func aDeletedLedgerIsMadeAnewAndNothingIsPulledOrDeliveredTwice() async throws {
        defer { try? FileManager.default.removeItem(at: folder) }
        let demo = try await Tool.own("earshot", ["demo", "--folder", folder.path])
        try #require(demo.succeeded, "\(demo.output)\n\(demo.errors)")
        let before = try await whileRunning { try await settled() }
        #expect(before.audit.contains("Unexplained: 0"))
        let delivered = try deliveredFiles()
        #expect(delivered.count > 6)

        for end in ["", "-wal", "-shm"] { try? FileManager.default.removeItem(at: state.appending(path: "ledger.sqlite\(end)")) }
        let files = try Self.files(in: state)
        let plain = try await Tool.own("earshotd", [], environment: environment)
        #expect(!plain.succeeded && plain.errors.contains("earshotd --rebuild"), "\(plain.errors)")
        #expect(try Self.files(in: state) == files, "a refused start changes nothing")
        let rebuilt = try await Tool.own("earshotd", ["--rebuild"], environment: environment)
        #expect(rebuilt.succeeded, "\(rebuilt.errors)")
        #expect(rebuilt.output.contains("Every file could be read and fits."), "\(rebuilt.output)")
        let after = try Self.files(in: state)
        #expect(after.filter { !$0.key.hasPrefix("ledger.sqlite") } == files, "it reads, and changes none of what it read")
        let again = try await Tool.own("earshotd", ["--rebuild"], environment: environment)
        #expect(!again.succeeded && again.errors.contains("There is a ledger: ledger.sqlite"), "\(again.errors)")

        let later = try await whileRunning {
            let beside = try await Tool.own("earshotd", ["--rebuild"], environment: environment)
            #expect(!beside.succeeded && beside.errors.contains("An earshotd works on"), "\(beside.errors)")
            return try await settled()
        }
        #expect(later == before)
        #expect(try deliveredFiles() == delivered, "no file was delivered once more")
        #expect(try Self.files(in: state).keys.allSatisfy { !$0.contains("lost+found/") })
    }

    /// What a person asks for, once no job waits any more.
    private struct Answers: Equatable {
        let audit: String
        let recordings: String
        /// `why` of each recording, its whole history: a second pull would stand there.
        let reasons: [String]
    }

    private func settled() async throws -> Answers {
        func ask(_ arguments: String...) async throws -> String {
            let tool = try await Tool.own(
                "earshot", arguments, environment: ["EARSHOT_SOCKET": folder.appending(path: "run/control/api.sock").path])
            try #require(tool.succeeded, "\(arguments): \(tool.errors)")
            return tool.output
        }
        // The cards are met again behind the start, and each start of theirs is an event: until all of those that they told of are held.
        var audit = try await ask("audit")
        while !audit.matches(of: /(\d+) of (\d+)/).allSatisfy({ $0.1 == $0.2 }) { audit = try await ask("audit") }
        var reasons: [String] = []
        for card in ["anna", "ben"] {
            for number in 1...3 { reasons.append(Self.told(try await ask("why", "\(card)/\(number)"))) }
        }
        return Answers(audit: Self.lasting(audit), recordings: try await ask("recordings"), reasons: reasons)
    }

    /// Without what each start of the cards adds: when they were met, and the events of their start, as long as all are held.
    private static func lasting(_ audit: String) -> String {
        audit.replacing(/\d\d-\d\d \d\d:\d\d:\d\d/, with: "TIME").replacing(/(\d+) of (\d+)/) { $0.1 == $0.2 ? "ALL" : "\($0.0)" }
    }

    /// Without the ends of jobs: a sidecar tells those before its last renewal only (docs/custody.md, Rebuild).
    private static func told(_ reasons: String) -> String {
        reasons.split(separator: "\n", omittingEmptySubsequences: false).filter { !$0.contains("  job_done  ") }.joined(separator: "\n")
    }

    private func whileRunning<R>(_ body: () async throws -> R) async throws -> R { try await SandboxLife.whileRunning(folder, body) }

    /// Sizes, and when each was made: a second delivery replaces the file.
    private func deliveredFiles() throws -> [String: String] { try Self.files(in: folder.appending(path: "delivered")) }

    private static func files(in folder: URL) throws -> [String: String] { try SandboxLife.files(in: folder) }
}
