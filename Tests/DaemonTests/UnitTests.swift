import Daemon
import Foundation
import Testing

@Suite struct UnitTests {
    @Test func placesComeFromFlagsThenEnvironmentThenTheBox() {
        let box = Places(environment: [:])
        #expect(box.socket(.control) == "/run/earshot/control/api.sock")
        #expect(box.ledger == "/var/lib/earshot/ledger.sqlite")
        #expect(!box.configurationIsNamed)
        let sandbox = Places(state: "/s", environment: ["EARSHOT_STATE": "/e", "EARSHOT_RUN": "/r", "EARSHOT_CONFIG": "/c.toml"])
        #expect(sandbox.state == "/s")
        #expect(sandbox.token("decode") == "/r/tokens/decode")
        #expect(sandbox.configurationIsNamed)
        #expect(Places(environment: ["EARSHOT_RUN": ""]).run == "/run/earshot")
    }

    @Test(arguments: [("adaptors", "adapters"), ("tiem_zone", "time_zone"), ("NAME", "name"), ("relase", "release")])
    func theNearestNameIsFound(text: String, name: String) {
        #expect(NearestName.of(text, among: ["adapters", "time_zone", "name", "release"]) == name)
    }

    @Test(arguments: ["", "xyz", "entirely different"])
    func whatIsFarFromEveryNameHasNone(text: String) {
        #expect(NearestName.of(text, among: ["adapters", "time_zone", "name"]) == nil)
    }

    @Test func aTokenIsItsOwnersAlone() throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "earshot-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: false)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let path = folder + "/tokens/decode"
        let first = try TokenFile.make(at: path)
        let second = try TokenFile.make(at: path)
        #expect(first != second)
        #expect(second.utf8.count == 46)
        #expect(try TokenFile.read(environment: ["EARSHOT_TOKEN_FILE": path]) == second)
        let attributes = try FileManager.default.attributesOfItem(atPath: path)
        #expect(attributes[.posixPermissions] as? Int == 0o600)
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder + "/tokens") == ["decode"])
    }

    /// Whoever can replace the file of a token must not have another one read and sent.
    @Test(arguments: ["", "secret", "root:*:19000:0:99999:7:::", "es_" + String(repeating: "a", count: 42) + "$"])
    func whatIsNoTokenIsNotSent(text: String) throws {
        let path = FileManager.default.temporaryDirectory.appending(path: "earshot-\(UUID().uuidString)").path
        try Data(text.utf8).write(to: URL(filePath: path))
        defer { try? FileManager.default.removeItem(atPath: path) }
        #expect(throws: TokenFile.Failure.self) { try TokenFile.read(environment: ["EARSHOT_TOKEN_FILE": path]) }
    }

    @Test func aTokenFileThatCannotBeReadIsNamed() throws {
        let error = #expect(throws: TokenFile.Failure.self) { try TokenFile.read(environment: ["EARSHOT_TOKEN_FILE": "/nowhere/token"]) }
        #expect(error?.description.contains("/nowhere/token") == true)
        #expect(try TokenFile.read(environment: [:]) == nil)
        #expect(throws: TokenFile.Failure.self) { try TokenFile.make(at: "/nowhere/tokens/decode") }
    }

    @Test func timesBeforeTheEpochAndFarAheadAreShown() {
        #expect(LocalTime(milliseconds: -1).second == 59)
        #expect(LocalTime(milliseconds: .max).year >= 1970)
        #expect(LocalTime(milliseconds: .min).month >= 1)
    }
}
