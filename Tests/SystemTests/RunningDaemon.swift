import APIClient
import Foundation
import Subprocess
import SystemPackage
import TestSupport
import Testing

/// An earshotd of this build on a private bus without BlueZ, ready.
struct RunningDaemon {
    let folder: URL
    let hangUp: () throws -> Void

    var configuration: URL { folder.appending(path: "earshot.toml") }
    var run: URL { folder.appending(path: "run") }
    var client: GatewayClient { GatewayClient(socket: run.appending(path: "control/api.sock").path) }

    /// Lends one and ends it.
    static func with(_ configuration: String, _ body: (RunningDaemon) async throws -> Void) async throws {
        try await PrivateBus.with { bus in
            try Data(configuration.utf8).write(to: bus.folder.appending(path: "earshot.toml"))
            let environment: [Environment.Key: String?] = [
                "DBUS_SYSTEM_BUS_ADDRESS": bus.addressText, "EARSHOT_STATE": bus.folder.appending(path: "state").path,
                "EARSHOT_RUN": bus.folder.appending(path: "run").path, "EARSHOT_CONFIG": bus.folder.appending(path: "earshot.toml").path,
                "EARSHOT_METRICS_FILE": bus.folder.appending(path: "earshot.prom").path, "NOTIFY_SOCKET": nil,
            ]
            var failure: (any Error)?
            let daemon = try await Subprocess.run(
                .path(FilePath(try BuiltProducts.path(of: "earshotd"))), environment: .inherit.updating(environment), input: .none, output: .sequence,
                error: .string(limit: 1 << 20)
            ) { process in
                for try await line in process.standardOutput.strings() where line.hasPrefix("ready ") {
                    do {
                        try await body(RunningDaemon(folder: bus.folder) { try process.send(signal: .terminalClosed) })
                    } catch { failure = error }
                    try process.send(signal: .terminate)
                }
            }
            if let failure { throw failure }
            #expect(daemon.terminationStatus.isSuccess, "\(daemon.standardError.suffix(2000))")
        }
    }
}
