package import Recordings

/// `GET /v1/configuration`: what is in force, and where each value comes from.
package struct ConfigurationMessage: Codable, Hashable, Sendable {
    /// Left out: there is no file, and the defaults count.
    package let file: String?
    /// When it was read.
    package let read: UTCTime
    package let settings: [SettingMessage]
    /// Keys that the file has changed since and that only a restart of earshotd takes over.
    package let waiting: [String]
    /// Why the last reload was refused; left out after one that was not.
    package let refused: String?

    package init(file: String?, read: UTCTime, settings: [SettingMessage], waiting: [String], refused: String?) {
        self.file = file
        self.read = read
        self.settings = settings
        self.waiting = waiting
        self.refused = refused
    }
}

package struct SettingMessage: Codable, Hashable, Sendable {
    /// `storage.reserve`, `routes.0.when`
    package let key: String
    /// As it would stand in the file: TOML.
    package let value: String
    /// The line of the file; without it and `variable` it is the default.
    package let line: Int?
    /// The environment variable that decides it.
    package let variable: String?

    package init(key: String, value: String, line: Int? = nil, variable: String? = nil) {
        self.key = key
        self.value = value
        self.line = line
        self.variable = variable
    }
}

/// `POST /v1/configuration/reload`: the file was read and counts from now on.
package struct ReloadMessage: Codable, Hashable, Sendable {
    /// Keys with another value than before, in force now.
    package let changed: [String]
    /// What must be started anew for the rest.
    package let restart: [RestartMessage]

    package init(changed: [String], restart: [RestartMessage]) {
        self.changed = changed
        self.restart = restart
    }
}

package struct RestartMessage: Codable, Hashable, Sendable {
    /// Of systemd.
    package let unit: String
    /// The keys that it then reads.
    package let keys: [String]

    package init(unit: String, keys: [String]) {
        self.unit = unit
        self.keys = keys
    }
}
