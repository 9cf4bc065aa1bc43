import Daemon
import Foundation
import Testing

/// What is in force, where it comes from, and what a reload takes over.
@Suite struct SettingTests {
    private static func load(_ text: String, _ environment: [String: String] = [:]) throws -> LoadedConfiguration {
        let file = FileManager.default.temporaryDirectory.appending(path: "earshot-\(UUID().uuidString).toml")
        try Data(text.utf8).write(to: file)
        defer { try? FileManager.default.removeItem(at: file) }
        return try Places(configuration: file.path, environment: environment).loadConfigurationWithPlaces()
    }

    private static func setting(_ key: String, of loaded: LoadedConfiguration) throws -> Setting {
        try #require(loaded.settings.first { $0.key == key })
    }

    @Test func eachValueHasItsOrigin() throws {
        let loaded = try Self.load("[storage]\n\nreserve = 1024\n[gateway]\nname = \"a\\\"b\"", ["EARSHOT_DELIVERED": "/d"])
        #expect(try Self.setting("storage.reserve", of: loaded).origin == .file(line: 3))
        #expect(try Self.setting("storage.reserve", of: loaded).value == "\"1 KiB\"")
        #expect(try Self.setting("gateway.name", of: loaded).value == "\"a\\\"b\"")
        #expect(try Self.setting("storage.release", of: loaded).origin == .standard)
        #expect(try Self.setting("destinations.delivered.path", of: loaded).origin == .environment("EARSHOT_DELIVERED"))
    }

    /// What is shown can stand in a file, and then says the same.
    @Test func whatIsShownIsTOML() throws {
        let loaded = try Configuration.read(ConfigurationTests.whole, file: "f")
        var text = ""
        for setting in loaded.settings where !setting.key.hasPrefix("routes.") && !setting.key.hasPrefix("import.") {
            text += "\(setting.key) = \(setting.value)\n"
        }
        for position in 0..<2 {
            text += "[[routes]]\n"
            for key in ["when", "do"] { text += "\(key) = \(try Self.setting("routes.\(position).\(key)", of: loaded).value)\n" }
        }
        for (position, keys) in [["folder", "holder", "kind", "then"], ["folder", "then"]].enumerated() {
            text += "[[import.watch]]\n"
            for key in keys { text += "\(key) = \(try Self.setting("import.watch.\(position).\(key)", of: loaded).value)\n" }
        }
        #expect(try Configuration.parse(text, file: "g") == loaded.configuration)
    }

    @Test func aReloadTakesOverWhatItCan() throws {
        let old = try Self.load("[radio]\nadapters = [\"aa:bb:cc:dd:ee:ff\"]\n[agents.a]\ncommand = [\"/a\"]")
        let new = try Self.load(
            "[privacy]\nremote_record = true\n[agents.b]\ncommand = [\"/b\"]\n[[routes]]\nwhen = { event = \"recording.stored\" }\ndo = [{ agent = \"b\" }]"
        )
        let changes = new.changes(since: old)
        #expect(changes.filter { $0.reader == .start }.map(\.key) == ["radio.adapters"])
        #expect(changes.filter { $0.reader == .unit("earshot-worker@b") }.map(\.key) == ["agents.b.command"])
        #expect(changes.contains { $0.key == "agents.a.command" } && changes.contains { $0.key == "privacy.remote_record" && $0.reader == .running })
        let taken = new.takenOver(from: old)
        #expect(taken.configuration.radio.adapters == ["AA:BB:CC:DD:EE:FF"])
        #expect(taken.configuration.privacy.remoteRecord && taken.configuration.agents.keys.sorted() == ["b"])
        // Its line is that of the file that it was read from.
        #expect(try Self.setting("radio.adapters", of: taken).origin == .file(line: 2))
        #expect(new.changes(since: new).isEmpty)
        #expect(new.changes(since: taken).map(\.key) == ["radio.adapters"])
    }
}
