/// `earshot.toml`: what a person decides about the box. Cards, holders, tokens and bonds are state and never stand here.
package struct Configuration: Sendable, Hashable {
    package var gateway = GatewaySettings()
    package var radio = RadioSettings()
    package var storage = StorageSettings()
    package var privacy = PrivacySettings()
    package var metrics = MetricsSettings()
    /// By name; the name is also the queue's.
    package var agents: [String: AgentSettings] = [:]
    /// By name.
    package var destinations: [String: FolderDestination] = [:]
    package var routes: [RouteSetting] = []
    /// Folders of which files are imported.
    package var watchedFolders: [WatchedFolder] = []

    package struct GatewaySettings: Sendable, Hashable {
        /// Stands in every event; unique among its owner's gateways.
        package var name = "earshot"
        /// For display and object names; storage is UTC.
        package var timeZone = "UTC"
        package var clock = ClockPolicy.synchronised
    }

    package enum ClockPolicy: String, Sendable, Hashable, CaseIterable {
        /// A card's clock is set only when the system says that its own is synchronised.
        case synchronised
        /// The system's clock is believed as it is: sandbox, tests, a box with a clock of its own.
        case trusted
    }

    package struct RadioSettings: Sendable, Hashable {
        /// Addresses; empty for all adapters (`"auto"`).
        package var adapters: [String] = []
        /// Audio over a path that every local user can overhear.
        package var allowsStartNotify = false
        package var security = Security.authenticated
    }

    package enum Security: String, Sendable, Hashable, CaseIterable {
        /// Passkey or numeric comparison; exceptions are made for a card, when it is paired.
        case authenticated
    }

    package struct StorageSettings: Sendable, Hashable {
        package var release = Release.stored
        /// Below this many free bytes pulling stops and the cards keep their copies.
        package var reserve: UInt64 = 2 << 30
    }

    package struct PrivacySettings: Sendable, Hashable {
        /// Whether a card's microphone may be started from here.
        package var remoteRecord = false
    }

    package struct MetricsSettings: Sendable, Hashable {
        /// Where the text of `/metrics` is put for node_exporter's textfile collector, an absolute path; nil: nowhere.
        package var textfile: String?
    }

    package enum Release: String, Sendable, Hashable, CaseIterable {
        /// A card may forget once the recording is durable and read again here.
        case stored
        /// Only once a destination confirmed it.
        case delivered
    }

    package init() {}
}

/// `[agents.NAME]`: a program that gets a job's JSON and answers with JSON.
package struct AgentSettings: Sendable, Hashable {
    /// The program and its arguments.
    package let command: [String]
}

/// `[destinations.NAME]` of kind `folder`.
package struct FolderDestination: Sendable, Hashable {
    /// `anna/2026-11/23-0914_anna-2_rec_….opus`
    package static let standardKey = "{holder}/{started:%Y-%m}/{started:%d-%H%M}_{id}.opus"

    package let path: String
    /// A template; see docs/configuration.md.
    package let key: String

    package init(path: String, key: String = FolderDestination.standardKey) {
        self.path = path
        self.key = key
    }
}

/// One `[[routes]]`: when something happens, what to do. All that match count.
package struct RouteSetting: Sendable, Hashable {
    package enum Trigger: Sendable, Hashable {
        case recordingStored
        /// Empty sets fit every button or gesture.
        case buttonPressed(buttons: Set<String>, gestures: Set<String>)
    }

    package enum Action: Sendable, Hashable {
        case agent(String)
        case destination(String)
        /// A text for the screen of the card.
        case screen(String)
    }

    package let when: Trigger
    package let actions: [Action]

    package init(when: Trigger, actions: [Action]) {
        self.when = when
        self.actions = actions
    }
}

/// One `[[import.watch]]`: a folder in which somebody or something puts recordings.
package struct WatchedFolder: Sendable, Hashable {
    package enum Then: String, Sendable, Hashable, CaseIterable {
        /// The file stays as it is.
        case leave
        /// It goes to the folder `imported` below.
        case move
    }

    /// An absolute path.
    package let folder: String
    /// The id of whose the recordings are; nil: nobody's.
    package let holder: String?
    package let kind: String?
    package let then: Then
}
