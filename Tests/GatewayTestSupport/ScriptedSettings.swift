internal import APIServer
internal import GatewayAPI
internal import Recordings

/// A configuration that never changes and can always be read.
struct ScriptedSettings: SettingsControl {
    let remoteRecord: Bool

    func configuration() async -> ConfigurationMessage {
        ConfigurationMessage(
            file: "/etc/earshot/earshot.toml", read: UTCTime(milliseconds: 1_700_000_000_000),
            settings: [SettingMessage(key: "gateway.name", value: "\"hq\"", line: 2), SettingMessage(key: "storage.release", value: "\"stored\"")],
            waiting: ["radio.adapters"], refused: nil)
    }

    func reload() async throws -> ReloadMessage {
        ReloadMessage(changed: ["storage.release"], restart: [RestartMessage(unit: "earshotd", keys: ["radio.adapters"])])
    }
}
