/// One value of a configuration that is in force, and where it comes from.
package struct Setting: Sendable, Hashable {
    package enum Origin: Sendable, Hashable {
        /// The file says nothing.
        case standard
        /// A line of the file, from 1.
        case file(line: Int)
        /// A variable of earshotd's environment.
        case environment(String)
    }

    /// Which program reads the value, and when.
    package enum Reader: Sendable, Hashable {
        /// earshotd, and a reload brings a new one into force.
        case running
        /// earshotd, at its start.
        case start
        /// Another unit, at its start.
        case unit(String)
    }

    /// `storage.reserve`, `routes.0.when`
    package let key: String
    /// As it would stand in the file.
    package let value: String
    package let origin: Origin
    package let reader: Reader
}

extension LoadedConfiguration {
    /// Every value that counts, in the order of docs/configuration.md.
    package var settings: [Setting] {
        var settings: [Setting] = []
        func add(_ key: String, _ value: String, _ reader: Setting.Reader) {
            let origin: Setting.Origin = variables[key].map { .environment($0) } ?? lines[key].map { .file(line: $0) } ?? .standard
            settings.append(Setting(key: key, value: value, origin: origin, reader: reader))
        }
        let (gateway, radio, storage) = (configuration.gateway, configuration.radio, configuration.storage)
        add("gateway.name", TOMLText.of(gateway.name), .start)
        add("gateway.time_zone", TOMLText.of(gateway.timeZone), .start)
        add("gateway.clock", TOMLText.of(gateway.clock.rawValue), .start)
        add("radio.adapters", TOMLText.of(radio.adapters.isEmpty ? ["auto"] : radio.adapters), .start)
        add("radio.allow_start_notify", "\(radio.allowsStartNotify)", .start)
        add("radio.security", TOMLText.of(radio.security.rawValue), .start)
        add("storage.release", TOMLText.of(storage.release.rawValue), .running)
        add("storage.reserve", TOMLText.of(size: storage.reserve), .running)
        add("privacy.remote_record", "\(configuration.privacy.remoteRecord)", .running)
        if let textfile = configuration.metrics.textfile { add("metrics.textfile", TOMLText.of(textfile), .running) }
        for (name, agent) in configuration.agents.sorted(by: { $0.key < $1.key }) {
            add("agents.\(name).command", TOMLText.of(agent.command), .unit("earshot-worker@\(name)"))
        }
        for (name, destination) in configuration.destinations.sorted(by: { $0.key < $1.key }) {
            add("destinations.\(name).kind", TOMLText.of("folder"), .unit("earshot-upload"))
            add("destinations.\(name).path", TOMLText.of(destination.path), .unit("earshot-upload"))
            add("destinations.\(name).key", TOMLText.of(destination.key), .unit("earshot-upload"))
        }
        for (position, route) in configuration.routes.enumerated() {
            add("routes.\(position).when", TOMLText.of(route.when), .running)
            add("routes.\(position).do", "[" + route.actions.map(TOMLText.of).joined(separator: ", ") + "]", .running)
        }
        for (position, watch) in configuration.watchedFolders.enumerated() {
            let key = "import.watch.\(position)"
            add("\(key).folder", TOMLText.of(watch.folder), .unit("earshot-import"))
            if let holder = watch.holder { add("\(key).holder", TOMLText.of(holder), .unit("earshot-import")) }
            if let kind = watch.kind { add("\(key).kind", TOMLText.of(kind), .unit("earshot-import")) }
            add("\(key).then", TOMLText.of(watch.then.rawValue), .unit("earshot-import"))
        }
        return settings
    }

    /// The keys whose values differ from another configuration's or are in one of the two only, with who reads each.
    package func changes(since earlier: LoadedConfiguration) -> [(key: String, reader: Setting.Reader)] {
        let (old, new) = (earlier.settings, settings)
        let oldValues = Dictionary(uniqueKeysWithValues: old.map { ($0.key, $0.value) })
        let newKeys = Set(new.map(\.key))
        return new.filter { oldValues[$0.key] != $0.value }.map { ($0.key, $0.reader) }
            + old.filter { !newKeys.contains($0.key) }.map { ($0.key, $0.reader) }
    }

    /// What counts once this was read by a running earshotd: all but what only a start reads.
    package func takenOver(from running: LoadedConfiguration) -> LoadedConfiguration {
        var mixed = configuration
        mixed.gateway = running.configuration.gateway
        mixed.radio = running.configuration.radio
        func isOfStart(_ key: String) -> Bool { key.hasPrefix("gateway.") || key.hasPrefix("radio.") }
        let lines = lines.filter { !isOfStart($0.key) }.merging(running.lines.filter { isOfStart($0.key) }) { first, _ in first }
        var taken = LoadedConfiguration(mixed, file: file, lines: lines)
        taken.variables = variables
        return taken
    }
}
