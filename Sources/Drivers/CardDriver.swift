package import GATT
package import Logging
package import Recordings

/// Speaks one profile: brings what a connected card holds into a sink, then stays for what comes.
///
/// Conformers: `RecorderCardDriver`; one for each further profile.
package protocol CardDriver: Sendable {
    /// A card that advertises it is this driver's.
    static var service: BluetoothUUID { get }

    /// Whether an advertisement asks for a session, and the change token that it carried; nil when it is not of this profile.
    static func hint(in advertisement: Advertisement) -> CardHint?

    /// Reads who the card is, right after pairing.
    ///
    /// - Throws: `GATTError` of the link; `CardRefusal` when what the card says is no basis for enrolling it.
    func identify(_ card: any Peripheral, within: Duration) async throws -> CardIdentity

    /// Right after `identify`, over the same link: proves whose the card is or gives it its owner, and sets its clock.
    ///
    /// - Parameters:
    ///   - keys: nil: this gateway has none.
    ///   - told: is told what the card made of a key.
    /// - Throws: `GATTError` of the link; `CardRefusal` when the card has another owner or breaks the profile.
    func admit(
        _ card: any Peripheral, _ identity: CardIdentity, keys: OwnerKeys?, clock: any Clock<Duration>, wallClock: WallClock,
        told: @escaping @Sendable (OwnerOutcome) async throws -> Void
    ) async throws -> Admission

    /// One session as card-profile.md orders it: prove, events, pull, release; then lingers until the agenda asks it to yield, 15
    /// minutes are over or the link is lost.
    ///
    /// Ends by returning what was observed, for whatever reason it ended; throws `CancellationError` only.
    func session(on card: any Peripheral, into sink: any RecordingSink, context: SessionContext) async throws -> SessionReport
}

/// Why a card cannot be enrolled, for a person: an unknown major version, a serial number that cannot be used.
package struct CardRefusal: Error, Hashable, Sendable, CustomStringConvertible {
    package let description: String
    package init(_ description: String) { self.description = description }
}

/// What a card's advertisement says, as a hint.
package struct CardHint: Sendable, Hashable {
    package let hasUnsynced: Bool
    package let unsynced: UInt8
    package let hasEvents: Bool
    package let isRecording: Bool
    package let inPairingMode: Bool
    package let isNearlyFull: Bool
    package let batteryIsLow: Bool
    /// Drawn anew whenever there is something new.
    package let token: UInt16

    package init(
        hasUnsynced: Bool, unsynced: UInt8, hasEvents: Bool, isRecording: Bool, inPairingMode: Bool, isNearlyFull: Bool, batteryIsLow: Bool,
        token: UInt16
    ) {
        self.hasUnsynced = hasUnsynced
        self.unsynced = unsynced
        self.hasEvents = hasEvents
        self.isRecording = isRecording
        self.inPairingMode = inPairingMode
        self.isNearlyFull = isNearlyFull
        self.batteryIsLow = batteryIsLow
        self.token = token
    }
}

/// What a session needs beside the card and the sink.
package struct SessionContext: Sendable {
    package let card: CardID
    package let clock: any Clock<Duration>
    package let wallClock: WallClock
    package let activity: ActivityFeed
    package let logger: Logger
    /// `[radio] allow_start_notify`: audio may come over a path that every local user can overhear.
    package let allowSharedTransfer: Bool
    /// Whether the bond was authenticated or its owner made an exception: else a card without capability 2 is refused.
    package let bondIsAuthenticated: Bool
    /// What people and agents want of the card; see `CardAgenda`.
    package let agenda: CardAgenda
    /// Called when the card brought something or did what it was asked: cards that are used keep their links longest.
    package let used: @Sendable () -> Void
    /// Called when the card's event log told that its battery is low.
    package let batteryIsLow: @Sendable () -> Void

    package init(
        card: CardID, clock: any Clock<Duration>, wallClock: WallClock, activity: ActivityFeed, logger: Logger, allowSharedTransfer: Bool,
        bondIsAuthenticated: Bool, agenda: CardAgenda, used: @escaping @Sendable () -> Void = {},
        batteryIsLow: @escaping @Sendable () -> Void = {}
    ) {
        self.card = card
        self.clock = clock
        self.wallClock = wallClock
        self.activity = activity
        self.logger = logger
        self.allowSharedTransfer = allowSharedTransfer
        self.bondIsAuthenticated = bondIsAuthenticated
        self.agenda = agenda
        self.used = used
        self.batteryIsLow = batteryIsLow
    }
}

/// How a session ended and what was seen in it.
package struct SessionReport: Sendable, Hashable {
    package enum End: Sendable, Hashable, CustomStringConvertible {
        /// Everything the card offered was taken, and another card wanted the slot or the time was over.
        case complete
        /// Link lost, time-out, a host's error: try again by back-off of this class.
        case link(GATTError)
        /// The disk is full: pulling stopped, everything else was done.
        case noRoom
        /// The sink refused or failed.
        case custody(CustodyError)
        /// The card broke the profile: what, for a person.
        case protocolViolation(String)
        /// The card is not ours to read (owner's proof refused, security too low): a person is needed.
        case refused(String)

        /// For a person.
        package var description: String {
            switch self {
            case .complete: "complete"
            case .link(let error): "\(error)"
            case .noRoom: "no disk space here; the card keeps its copies"
            case .custody(let error): "\(error)"
            case .protocolViolation(let what): "the card broke the profile: \(what)"
            case .refused(let why): "refused: \(why)"
            }
        }
    }

    package var end: End
    /// Whether at some moment in this session nothing was left to fetch.
    package var sawEverything = false
    package var payloadBytes: UInt64 = 0
    /// Bytes READ a second time because of gaps or checksums.
    package var repeatedBytes: UInt64 = 0
    package var gaps = 0
    package var recordingsStored = 0
    package var recordingsReleased = 0
    package var eventsCommitted = 0

    package init(end: End) { self.end = end }
}
