import Foundation
import Subprocess
import SystemPackage
import TestSupport
import Testing

/// A box that burnt down, and the one that goes on from its backup, with the real programs.
@Suite(.serialized, .timeLimit(.minutes(15))) struct BackupTests {
    private let folder = URL(filePath: "/tmp/earshot-burnt-\(UUID().uuidString.prefix(8))")

    private var state: URL { folder.appending(path: "state") }
    private var environment: [Environment.Key: String?] {
        [
            "EARSHOT_STATE": state.path, "EARSHOT_RUN": folder.appending(path: "run").path,
            "EARSHOT_CONFIG": folder.appending(path: "earshot.toml").path, "EARSHOT_BLUETOOTH": folder.appending(path: "bluetooth").path,
            "EARSHOT_SOCKET": folder.appending(path: "run/control/api.sock").path,
            "DBUS_SYSTEM_BUS_ADDRESS": "unix:path=\(folder.appending(path: "bus").path)",
        ]
    }

    @Test func aBoxGoesOnFromItsBackup() async throws {
        defer { try? FileManager.default.removeItem(at: folder) }
        let demo = try await Tool.own("earshot", ["demo", "--folder", folder.path])
        try #require(demo.succeeded, "\(demo.output)\n\(demo.errors)")
        let backup = folder.appending(path: "box.tar").path
        let before = try await SandboxLife.whileRunning(folder) {
            let made = try await earshot("backup", backup, "--recordings")
            #expect(made.succeeded, "\(made.errors)")
            let refused = try await earshot("restore", backup, "--yes")
            #expect(!refused.succeeded && refused.errors.contains("An earshotd works on"), "\(refused.errors)")
            return try await recordings()
        }
        #expect(before.split(separator: "\n").count > 6)

        let delivered = try SandboxLife.files(in: folder.appending(path: "delivered"))
        try FileManager.default.removeItem(at: state)
        let restored = try await earshot("restore", backup, "--yes")
        #expect(restored.succeeded, "\(restored.errors)")
        #expect(restored.output.contains("recordings     6 files"), "\(restored.output)")
        let after = try await SandboxLife.whileRunning(folder) {
            let audit = try await earshot("audit")
            #expect(audit.output.contains("Unexplained: 0"), "\(audit.output)")
            return try await recordings()
        }
        #expect(after == before)
        #expect(try SandboxLife.files(in: folder.appending(path: "delivered")) == delivered, "no file was delivered once more")
        let left = try SandboxLife.files(in: state).keys
        #expect(left.contains("cards.json") && left.contains { $0.hasPrefix("journal/") }, "what stands beside the ledger was made anew")
        #expect(left.allSatisfy { !$0.contains("lost+found/") })
    }

    private func earshot(_ arguments: String...) async throws -> Tool { try await Tool.own("earshot", arguments, environment: environment) }

    private func recordings() async throws -> String {
        let list = try await earshot("recordings")
        try #require(list.succeeded, "\(list.errors)")
        return list.output
    }
}
