import Foundation
import GatewayAPI
import GatewayTestSupport
import Subprocess
import SystemPackage
import Testing

/// The doctor on whatever machine this is: that it looks at everything, says it in both forms, and ends with the right status. What each check
/// sees is DoctorTests' business.
@Suite(.timeLimit(.minutes(10))) struct DoctorCommandTests {
    private struct Line: Decodable {
        let check: String
        let verdict: String
        let found: String
        let why: String
        let remedy: String?
        let fix: [String]
    }

    private static let surroundings = [
        "DBUS_SYSTEM_BUS_ADDRESS": "unix:path=/nowhere/bus", "EARSHOT_STATE": "/nowhere/state", "EARSHOT_CONFIG": "/nowhere/earshot.toml",
    ]

    private static func doctor(_ arguments: String..., socket: String? = "/nowhere/api.sock") async throws -> EarshotRun {
        try await EarshotRun.run(["doctor"] + arguments, socket: socket, environment: surroundings)
    }

    @Test func withoutAnythingItStillLooksAtEverything() async throws {
        let run = try await Self.doctor("--json")
        #expect(run.status == 4, "\(run.error)")
        let lines = try run.lines.map { try JSONDecoder().decode(Line.self, from: Data($0.utf8)) }
        #expect(lines.count >= 25)
        let findings = Dictionary(uniqueKeysWithValues: lines.map { ($0.check, $0) })
        #expect(findings["bluetoothd"]?.verdict == "trouble")
        #expect(findings["gateway"]?.found.contains("No gateway listens at /nowhere/api.sock.") == true)
        #expect(findings["configuration"]?.found == "/nowhere/earshot.toml: There is no such file.")
        #expect(findings["kernel-crypto"] != nil)
        for line in lines where line.verdict != "fine" { #expect(line.remedy?.isEmpty == false && !line.why.isEmpty) }
    }

    @Test func aGatewayIsAsked() async throws {
        try await GatewayWorld.run { world in
            let run = try await Self.doctor("--only", "gateway", socket: world.controlSocket)
            #expect(run.status == 0, "\(run.output)\(run.error)")
            #expect(run.output.contains("hq answers: Earshot 0.1, 1 cards."))
            #expect(run.output.contains("1 checks: 1 fine."))
            #expect(!run.output.unicodeScalars.contains("\u{1B}"), "colour is for terminals")
        }
    }

    @Test func itFitsTheTerminal() async throws {
        let script = "unset NO_COLOR; stty cols 60; exec '\(EarshotRun.program.string)' doctor --socket /nowhere/api.sock"
        let run = try await EarshotRun.run(
            .name("script"), ["-qec", script, "/dev/null"],
            socket: nil,
            environment: Self.surroundings.merging(["SHELL": "/bin/sh"]) { $1 })
        #expect(run.status == 4, "\(run.error)")
        #expect(run.output.contains("\u{1B}[31m✗\u{1B}[0m"))
        let lines = run.output.replacing(/\u{1B}\[[0-9]+m/, with: "").split(whereSeparator: \.isNewline)
        #expect(lines.count > 40)
        for line in lines { #expect(line.count <= 60, "\(line)") }
    }

    @Test(arguments: [["--only", "nonsense"], ["--fix"], ["--yes"], ["--fix", "--json"]])
    func whatCannotBeMeantIsUsage(_ arguments: [String]) async throws {
        let run = try await EarshotRun.run(["doctor"] + arguments, socket: nil, environment: Self.surroundings)
        #expect(run.status == 2, "\(run.error)")
        #expect(run.output.isEmpty)
    }
}
