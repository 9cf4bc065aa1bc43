internal import FoundationEssentials

extension Configuration {
    /// More than this is no configuration.
    private static let sizeLimit = 1 << 20

    /// Agents that a route may name without a table of theirs.
    private static let builtInAgents = ["decode"]

    /// Reads a file. Without one the defaults of `Configuration()` count, unless `path` was asked for by name.
    ///
    /// Reads the disk: for the start of a process.
    package static func load(_ path: String, mustExist: Bool) throws(ConfigurationError) -> LoadedConfiguration {
        guard FileManager.default.fileExists(atPath: path) else {
            guard mustExist else { return LoadedConfiguration() }
            throw ConfigurationError(file: path, line: nil, reason: "There is no such file.")
        }
        guard let data = FileManager.default.contents(atPath: path) else {
            throw ConfigurationError(file: path, line: nil, reason: "The file cannot be read by this user.")
        }
        guard data.count <= sizeLimit else {
            throw ConfigurationError(file: path, line: nil, reason: "The file is larger than 1 MiB: it is no configuration.")
        }
        guard let text = String(validating: data, as: UTF8.self), !text.utf8.contains(0) else {
            throw ConfigurationError(file: path, line: nil, reason: "The file is not text in UTF-8.")
        }
        return try read(text, file: path)
    }

    /// - Parameter file: its name, for messages.
    package static func parse(_ text: String, file: String) throws(ConfigurationError) -> Configuration {
        try read(text, file: file).configuration
    }

    /// As `parse`, with where each value stands.
    package static func read(_ text: String, file: String) throws(ConfigurationError) -> LoadedConfiguration {
        let source = SettingSource(file: file, text: text)
        let root: TOMLTable
        do {
            root = try TOMLReader.read(text)
        } catch {
            throw source.error("This is no TOML: \(error.reason)", at: error.offset)
        }
        let configuration = try Configuration(SettingTable(root, at: [], offset: 0, of: source))
        return LoadedConfiguration(configuration, file: file, lines: source.offsets.mapValues(source.line))
    }

    private init(_ root: SettingTable) throws(ConfigurationError) {
        self.init()
        if let table = try root.table("gateway") { gateway = try GatewaySettings(table) }
        if let table = try root.table("radio") { radio = try RadioSettings(table) }
        if let table = try root.table("storage") { storage = try StorageSettings(table) }
        if let table = try root.table("privacy") { privacy = try PrivacySettings(table) }
        if let table = try root.table("metrics") { metrics = try MetricsSettings(table) }
        if let table = try root.table("agents") {
            for (name, agent) in try table.named() { agents[name] = try AgentSettings(agent) }
        }
        if let table = try root.table("destinations") {
            for (name, destination) in try table.named() { destinations[name] = try FolderDestination(destination) }
        }
        for table in try root.tables("routes") {
            routes.append(try RouteSetting(table, agents: Set(agents.keys).union(Self.builtInAgents), destinations: Set(destinations.keys)))
        }
        if let table = try root.table("import") {
            for watch in try table.tables("watch") {
                let folder = try WatchedFolder(watch)
                guard !watchedFolders.contains(where: { $0.folder == folder.folder }) else {
                    throw watch.error("folder", "This folder is watched already.")
                }
                watchedFolders.append(folder)
            }
            try table.finish()
        }
        try root.finish()
    }
}

extension Configuration.GatewaySettings {
    fileprivate init(_ table: SettingTable) throws(ConfigurationError) {
        self.init()
        if let name = try table.string("name") {
            guard (1...63).contains(name.utf8.count), name.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F && $0 != 0x2F }) else {
                throw table.error("name", "gateway.name is 1 to 63 visible ASCII characters without / or space.")
            }
            self.name = name
        }
        if let zone = try table.string("time_zone") {
            guard ZoneName.isKnown(zone) else {
                throw table.error("time_zone", "gateway.time_zone is a name of the time zone database, as Europe/Berlin.")
            }
            timeZone = zone
        }
        clock = try table.choice("clock") ?? clock
        try table.finish()
    }
}

extension Configuration.RadioSettings {
    fileprivate init(_ table: SettingTable) throws(ConfigurationError) {
        self.init()
        if let names = try table.strings("adapters"), names != ["auto"] {
            guard !names.isEmpty, names.allSatisfy(Self.isAddress) else {
                throw table.error("adapters", "radio.adapters is [\"auto\"] or a list of addresses as \"AA:BB:CC:DD:EE:FF\".")
            }
            adapters = names.map { $0.uppercased() }
        }
        allowsStartNotify = try table.bool("allow_start_notify") ?? allowsStartNotify
        security = try table.choice("security") ?? security
        try table.finish()
    }

    private static func isAddress(_ text: String) -> Bool {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        return parts.count == 6 && parts.allSatisfy { $0.utf8.count == 2 && $0.allSatisfy(\.isHexDigit) }
    }
}

extension Configuration.StorageSettings {
    fileprivate init(_ table: SettingTable) throws(ConfigurationError) {
        self.init()
        release = try table.choice("release") ?? release
        reserve = try table.size("reserve") ?? reserve
        try table.finish()
    }
}

extension Configuration.PrivacySettings {
    fileprivate init(_ table: SettingTable) throws(ConfigurationError) {
        self.init()
        remoteRecord = try table.bool("remote_record") ?? remoteRecord
        try table.finish()
    }
}

extension Configuration.MetricsSettings {
    fileprivate init(_ table: SettingTable) throws(ConfigurationError) {
        self.init()
        if let path = try table.string("textfile") {
            guard path.hasPrefix("/"), path.hasSuffix(".prom") else {
                throw table.error("textfile", "metrics.textfile is an absolute path that ends in .prom: node_exporter reads no other file.")
            }
            textfile = path
        }
        try table.finish()
    }
}

extension AgentSettings {
    fileprivate init(_ table: SettingTable) throws(ConfigurationError) {
        guard let command = try table.strings("command") else {
            try table.finish()
            throw table.missing("command")
        }
        guard let program = command.first, program.hasPrefix("/") else {
            throw table.error("command", "\(table.name("command")) begins with the absolute path of a program.")
        }
        self.command = command
        try table.finish()
    }
}

extension FolderDestination {
    private enum Kind: String, CaseIterable { case folder }

    fileprivate init(_ table: SettingTable) throws(ConfigurationError) {
        let kind: Kind? = try table.choice("kind")
        let path = try table.string("path")
        let key = try table.string("key") ?? Self.standardKey
        try table.finish()
        guard kind != nil else { throw table.missing("kind") }
        guard let path else { throw table.missing("path") }
        guard path.hasPrefix("/") else { throw table.error("path", "\(table.name("path")) must be an absolute path.") }
        guard !key.isEmpty, !key.hasPrefix("/"),
            !key.split(separator: "/", omittingEmptySubsequences: false).contains(where: { ["", ".", ".."].contains($0) })
        else { throw table.error("key", "\(table.name("key")) is a relative path without empty parts, . or ..") }
        self.init(path: path, key: key)
    }
}

extension WatchedFolder {
    private enum Kind: String, CaseIterable { case conversation, call, memo }

    fileprivate init(_ table: SettingTable) throws(ConfigurationError) {
        let folder = try table.string("folder")
        holder = try table.string("holder")
        kind = try (table.choice("kind") as Kind?)?.rawValue
        then = try table.choice("then") ?? .leave
        try table.finish()
        guard let folder else { throw table.missing("folder") }
        guard folder.hasPrefix("/"), folder != "/", !folder.split(separator: "/").contains("..") else {
            throw table.error("folder", "\(table.name("folder")) must be an absolute path without .. in it.")
        }
        self.folder = folder.hasSuffix("/") ? String(folder.dropLast()) : folder
    }
}

extension RouteSetting {
    private enum Event: String, CaseIterable {
        case recordingStored = "recording.stored"
        case buttonPressed = "button.pressed"
    }

    fileprivate init(_ table: SettingTable, agents: Set<String>, destinations: Set<String>) throws(ConfigurationError) {
        guard let when = try table.table("when") else { throw table.missing("when") }
        guard let event: Event = try when.choice("event") else { throw when.missing("event") }
        switch event {
        case .recordingStored: self.when = .recordingStored
        case .buttonPressed:
            let buttons = try Self.words(when, "button", ["record", "assistant", "side"])
            self.when = .buttonPressed(
                buttons: buttons, gestures: try Self.words(when, "gesture", ["press", "double", "triple", "long", "very_long"]))
        }
        try when.finish()
        var actions: [Action] = []
        for action in try table.tables("do") {
            let count = actions.count
            if let name = try action.string("agent") { actions.append(.agent(try Self.known(name, "agent", agents, in: action))) }
            if let name = try action.string("destination") {
                actions.append(.destination(try Self.known(name, "destination", destinations, in: action)))
            }
            if let text = try action.string("screen") { actions.append(.screen(text)) }
            try action.finish()
            guard actions.count == count + 1 else {
                throw action.error("", "Each action of a route is one of { agent = … }, { destination = … }, { screen = … }.")
            }
            if case .recordingStored = self.when, case .screen = actions[count] {
                throw action.error("screen", "A text for the screen belongs to button.pressed.")
            }
            if case .buttonPressed = self.when, case .destination = actions[count] {
                throw action.error("destination", "A destination belongs to recording.stored.")
            }
        }
        guard !actions.isEmpty else { throw table.missing("do") }
        self.actions = actions
        try table.finish()
    }

    private static func words(_ table: SettingTable, _ key: String, _ known: [String]) throws(ConfigurationError) -> Set<String> {
        let words = try table.strings(key) ?? []
        for word in words where !known.contains(word) {
            throw table.error(key, "\(table.name(key)) is one of \(known.joined(separator: ", ")).", nearest: NearestName.of(word, among: known))
        }
        return Set(words)
    }

    private static func known(_ name: String, _ key: String, _ names: Set<String>, in table: SettingTable) throws(ConfigurationError) -> String {
        guard names.contains(name) else {
            throw table.error(key, "There is no [\(key)s.\(name)] in this file.", nearest: NearestName.of(name, among: names))
        }
        return name
    }
}
