import APIClient
import APIServer
import Foundation
import GatewayAPI
import GatewayTestSupport
import Ledger
import Subprocess
import SystemPackage
import Testing

/// `/metrics` as Prometheus' own tool reads it.
@Suite(.timeLimit(.minutes(10))) struct MetricsTests {
    private static let promtool = ["/usr/bin/promtool"].first { FileManager.default.isExecutableFile(atPath: $0) }
    private static let docs = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent().appending(
        path: "docs")

    private static func text(_ world: GatewayWorld) async throws -> String {
        let answer = try await world.reader.raw(Routes.metrics, Routes.metrics.path())
        #expect(answer.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8")
        return String(decoding: answer.body, as: UTF8.self)
    }

    @Test func theBoxIsCounted() async throws {
        try await GatewayWorld.run { world in
            try await world.store(1, sample(1000))
            _ = try await world.control.status()
            let text = try await Self.text(world)
            for line in [
                "earshot_cards 1", "earshot_recordings{state=\"proven\"} 1", "earshot_recordings{state=\"missing\"} 0",
                "earshot_queue_jobs{queue=\"decode\",state=\"ready\"} 1", "earshot_card_recordings_held{card=\"\(world.card.id)\"} 1",
                "earshot_adapter_up{adapter=\"hci0\"} 1", "earshot_api_requests_total{socket=\"control\",code=\"200\"} 1",
            ] { #expect(text.contains("\n" + line + "\n"), "\(line)\n\(text)") }
            // Cards by id, people not at all.
            #expect(!text.contains("anna"))
        }
    }

    @Test(.enabled(if: promtool != nil, "promtool is not installed (Debian package prometheus)")) func promtoolFindsNothing() async throws {
        try await GatewayWorld.run { world in
            try await world.store(1, sample(1000))
            let judged = try await Self.promtool(["check", "metrics"], input: try await Self.text(world))
            #expect(judged.isEmpty, "\(judged)")
        }
    }

    @Test(.enabled(if: promtool != nil, "promtool is not installed (Debian package prometheus)")) func theAlertsAreRules() async throws {
        let judged = try await Self.promtool(["check", "rules", Self.docs.appending(path: "alerts.yml").path])
        #expect(judged.contains("SUCCESS"), "\(judged)")
    }

    /// A rule about a metric that is gone would never fire.
    @Test func theAlertsAndTheirPageNameMetricsThatThereAre() async throws {
        let alerts = try String(contentsOf: Self.docs.appending(path: "alerts.yml"), encoding: .utf8)
        let page = try String(contentsOf: Self.docs.appending(path: "metrics.md"), encoding: .utf8)
        let source = try String(
            contentsOf: Self.docs.deletingLastPathComponent().appending(path: "Sources/APIServer/Metrics.swift"), encoding: .utf8)
        let there = Set(source.matches(of: /"(earshot_[a-z_]+)"/).map { String($0.1) })
        #expect(Set(page.matches(of: /`(earshot_[a-z_]+)/).map { String($0.1) }) == there)
        let named = Set(alerts.matches(of: /earshot_[a-z_]+/).map { String($0.0) })
        #expect(!named.isEmpty && named.subtracting(there).isEmpty, "\(named.subtracting(there))")
    }

    private static func promtool(_ arguments: [String], input: String = "") async throws -> String {
        let run = try await Subprocess.run(
            .path("/usr/bin/promtool"), arguments: Arguments(arguments), input: .string(input), output: .string(limit: 1 << 20),
            error: .string(limit: 1 << 20))
        #expect(run.terminationStatus.isSuccess, "\(run.standardError)")
        return run.standardOutput + run.standardError
    }
}
