import APIClient
import Foundation
import GatewayAPI
import Testing

/// earshotd reads its configuration anew while it runs: by the API, and by SIGHUP.
@Suite(.timeLimit(.minutes(10))) struct ReloadTests {
    private static let first = """
        [storage]
        reserve = "1 MiB"
        [agents.hello]
        command = ["/bin/true"]
        """

    @Test func aNewFileCountsAndABadOneDoesNot() async throws {
        try await RunningDaemon.with(Self.first) { daemon in
            let (client, file) = (daemon.client, daemon.configuration)
            func write(_ text: String) throws { try Data(text.utf8).write(to: file) }
            #expect(try await client.status().disk.reserve == 1 << 20)
            // What counts at once, what another unit reads, and what waits for a restart.
            try write(Self.first.replacing("1 MiB", with: "2 MiB") + "\n[agents.risk]\ncommand = [\"/bin/true\"]\n[gateway]\nname = \"hq\"\n")
            let answer = try await client.reloadConfiguration()
            #expect(answer.changed == ["storage.reserve"])
            #expect(
                answer.restart == [
                    RestartMessage(unit: "earshotd", keys: ["gateway.name"]),
                    RestartMessage(unit: "earshot-worker@risk", keys: ["agents.risk.command"]),
                ])
            let status = try await client.status()
            #expect(status.disk.reserve == 2 << 20 && status.name == "earshot")
            let shown = try await client.configuration()
            #expect(shown.file == file.path && shown.waiting == ["gateway.name"] && shown.refused == nil)
            #expect(shown.settings.first { $0.key == "storage.reserve" } == SettingMessage(key: "storage.reserve", value: "\"2 MiB\"", line: 2))
            #expect(shown.settings.first { $0.key == "gateway.name" } == SettingMessage(key: "gateway.name", value: "\"earshot\""))
            // The new agent's worker can begin.
            let run = daemon.run
            let token = try String(contentsOf: run.appending(path: "tokens/risk"), encoding: .utf8).trimmingCharacters(in: .whitespacesAndNewlines)
            let agent = GatewayClient(socket: run.appending(path: "agents/api.sock").path, token: token)
            #expect(try await agent.lease("risk", LeaseRequest()).isEmpty)

            try write("[storage]\nreserve = \"much\"\n")
            let error = await #expect(throws: APIError.self) { _ = try await client.reloadConfiguration() }
            #expect(error?.problem?.code.known == .configurationInvalid)
            #expect(error?.problem?.detail == "\(file.path):2:11: storage.reserve is no size; write it as \"2 GiB\".")
            #expect(try await client.status().disk.reserve == 2 << 20)
            #expect(try await client.configuration().refused == error?.problem?.detail)

            try write("[storage]\nreserve = \"3 MiB\"\n")
            try daemon.hangUp()
            // SIGHUP answers nobody: it is in force when it is seen to be.
            while try await client.status().disk.reserve != 3 << 20 { try await ContinuousClock().sleep(for: Self.look) }
            #expect(try await client.configuration().refused == nil)
            // An agent that is gone is no caller any more.
            await #expect(throws: APIError.self) { _ = try await agent.lease("risk", LeaseRequest()) }
        }
    }

    @Test func metricsAreWrittenForNodeExporter() async throws {
        try await RunningDaemon.with("") { daemon in
            let text = daemon.folder.appending(path: "earshot.prom")
            while !FileManager.default.fileExists(atPath: text.path) { try await ContinuousClock().sleep(for: Self.look) }
            #expect(try String(contentsOf: text, encoding: .utf8).contains("\nearshot_cards 0\n"))
            #expect(try FileManager.default.attributesOfItem(atPath: text.path)[.posixPermissions] as? Int == 0o644)
        }
    }

    private static let look = Duration.milliseconds(20)
}
