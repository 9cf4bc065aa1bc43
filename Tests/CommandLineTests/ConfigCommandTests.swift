import APIClient
import Foundation
import GatewayAPI
import GatewayTestSupport
import Testing

/// `earshot config` and `earshot access`.
@Suite(.timeLimit(.minutes(10))) struct ConfigCommandTests {
    private static func check(_ text: String) async throws -> EarshotRun {
        let file = FileManager.default.temporaryDirectory.appending(path: "earshot-\(UUID().uuidString).toml")
        try Data(text.utf8).write(to: file)
        defer { try? FileManager.default.removeItem(at: file) }
        let run = try await EarshotRun.run(["config", "check", file.path], socket: "/nowhere/api.sock")
        return EarshotRun(
            status: run.status, output: run.output.replacing(file.path, with: "FILE"), error: run.error.replacing(file.path, with: "FILE"))
    }

    @Test func aFileThatCanBeUsedIsFine() async throws {
        let run = try await Self.check("[storage]\nreserve = \"1 GiB\"\n")
        #expect(run.status == 0, "\(run.error)")
        #expect(run.output == "FILE can be used. The gateway reads /etc/earshot/earshot.toml: put it there, then earshot config reload.\n")
    }

    @Test(arguments: [
        ("[storage]\nrelase = \"stored\"\n", "earshot: FILE:2:1: There is no key \"relase\" in [storage]. Did you mean \"release\"?\n"),
        ("[storage]\nreserve = \"much\"\n", "earshot: FILE:2:11: storage.reserve is no size; write it as \"2 GiB\".\n"),
        ("[gateway]\nname = \"a\n", "earshot: FILE:2:8: This is no TOML: this text has no closing quote.\n"),
        ("b = 2026-11-2= 3", "earshot: FILE:1:5: This is no TOML: this is no value; a text stands in quotes, a number is within 64 bits.\n"),
    ])
    func whatIsWrongIsNamedWithItsPlace(text: String, error: String) async throws {
        let run = try await Self.check(text)
        #expect(run.status == 2)
        #expect(run.error == error)
        #expect(run.output.isEmpty)
    }

    @Test func aFileThatWasNamedMustExist() async throws {
        let run = try await EarshotRun.run(["config", "check", "/nowhere/earshot.toml"], socket: nil)
        #expect(run.status == 2)
        #expect(run.error == "earshot: /nowhere/earshot.toml: There is no such file.\n")
    }

    @Test func showNamesWhereEachValueComesFrom() async throws {
        try await GatewayWorld.run { world in
            let run = try await CommandTests.earshot(world, "config", "show")
            #expect(run.status == 0, "\(run.error)")
            #expect(run.output.contains("gateway.name     \"hq\"      line 2\n"), "\(run.output)")
            #expect(run.output.contains("storage.release  \"stored\"  default\n"))
            #expect(run.output.contains("! radio.adapters was changed in the file: systemctl restart earshotd\n"))
            let json = try await CommandTests.earshot(world, "config", "show", "--json")
            #expect(try APIJSON.decode(ConfigurationMessage.self, from: Array(json.output.utf8)).settings.count == 2)
        }
    }

    @Test func reloadNamesWhatItTakesOverAndWhatNot() async throws {
        try await GatewayWorld.run { world in
            let run = try await CommandTests.earshot(world, "config", "reload")
            #expect(run.status == 0, "\(run.error)")
            #expect(run.output == "In force now: storage.release\n! systemctl restart earshotd   for radio.adapters\n")
        }
    }

    @Test func accessShowsWhoListened() async throws {
        try await GatewayWorld.run { world in
            try await world.store(1, sample(100))
            _ = try await world.control.audio(of: "anna/1") { _, body in try await body.all(atMost: 500).count }
            let run = try await CommandTests.earshot(world, "access", "anna/1", "--audio")
            #expect(run.status == 0, "\(run.error)")
            #expect(run.lines.count == 2 && run.lines[1].contains("audio.read"), "\(run.output)")
            let json = try await CommandTests.earshot(world, "access", "--json")
            #expect(json.lines.count == 2)
            let card = try await CommandTests.earshot(world, "access", "anna", "--audio")
            #expect(card.lines.count == 2 && card.lines[1].contains("audio.read  anna/1"), "\(card.output)")
            #expect(try await CommandTests.earshot(world, "access", "anna", "--audio", "--until", "2020-01-01").output == "Nothing was noted.\n")
            #expect(try await CommandTests.earshot(world, "access", "--limit", "0").status == 2)
        }
    }
}
