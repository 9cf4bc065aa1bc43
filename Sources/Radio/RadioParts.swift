internal import Drivers
internal import GATT
internal import Logging
internal import Recordings
internal import Synchronization

/// What all adapters of a radio share.
struct RadioParts: Sendable {
    let central: any Central
    let drivers: [any CardDriver]
    let registry: any CardRegistry
    let clock: any Clock<Duration>
    let wallClock: WallClock
    let activity: ActivityFeed
    let logger: Logger
    let allowSharedTransfer: Bool
    let times: RadioTimes
    let agendas: Agendas
    let desk: PairingDesk
    let enrolment: Enrolment
    let pairingTurn: PairingTurn
    let screens: AsyncStream<(name: String, card: CardID, result: CardActionResult)>.Continuation
    /// Boot time since the radio began.
    let elapsed: @Sendable () -> Duration
    /// A card was enrolled by one adapter's loop.
    let adopted: @Sendable (PairedCard, AdapterLoop) -> Void

    init(
        central: any Central, drivers: [any CardDriver], registry: any CardRegistry, clock: any Clock<Duration>, wallClock: WallClock,
        activity: ActivityFeed, logger: Logger, allowSharedTransfer: Bool, times: RadioTimes,
        screens: AsyncStream<(name: String, card: CardID, result: CardActionResult)>.Continuation,
        adopted: @escaping @Sendable (PairedCard, AdapterLoop) -> Void
    ) {
        self.central = central
        self.drivers = drivers
        self.registry = registry
        self.clock = clock
        self.wallClock = wallClock
        self.activity = activity
        self.logger = logger
        self.allowSharedTransfer = allowSharedTransfer
        self.times = times
        pairingTurn = PairingTurn(headStart: times.pairingHeadStart)
        self.screens = screens
        self.adopted = adopted
        agendas = Agendas()
        elapsed = Self.stopwatch(clock)
        desk = PairingDesk(elapsed: elapsed)
        enrolment = Enrolment(central: central, registry: registry, desk: desk, clock: clock, wallClock: wallClock)
    }

    private static func stopwatch<C: Clock<Duration>>(_ clock: C) -> @Sendable () -> Duration {
        let start = clock.now
        return { start.duration(to: clock.now) }
    }

    func publish(_ what: Activity.What, of card: CardID?) {
        activity.publish(Activity(card: card, at: wallClock.now(), what: what))
    }

    /// - Parameter used: called when the card brought something or did what it was asked.
    func context(
        for card: PairedCard, used: @escaping @Sendable () -> Void, batteryIsLow: @escaping @Sendable () -> Void
    ) -> SessionContext {
        var logger = logger
        logger[metadataKey: "card"] = "\(card.id)"
        return SessionContext(
            card: card.id, clock: clock, wallClock: wallClock, activity: activity, logger: logger, allowSharedTransfer: allowSharedTransfer,
            bondIsAuthenticated: card.isAccepted, agenda: agendas.agenda(of: card.id), used: used,
            batteryIsLow: batteryIsLow)
    }

    /// Puts the notes that wait in the ledger on the card's agenda, each once, and takes those off that wait there no more.
    func queueScreens(for card: CardID) async throws {
        // Looked at before the ledger: what is put on meanwhile stays.
        let queued = agendas.screens(of: card)
        let waiting = try await registry.waitingScreens(for: card)
        let names = Set(waiting.map(\.name))
        for (name, item) in queued where !names.contains(name) {
            agendas.agenda(of: card).remove(item)
            agendas.unclaim(screen: name)
        }
        for (name, note) in waiting {
            guard agendas.claim(screen: name, for: card) else { continue }
            let screens = screens
            let added = agendas.agenda(of: card).add(.screen(note)) { screens.yield((name, card, $0)) }
            if let added { agendas.queued(screen: name, as: added) } else { agendas.unclaim(screen: name) }
        }
    }
}

/// The agenda of each card, made when first asked for.
final class Agendas: Sendable {
    private struct State {
        var agendas: [CardID: CardAgenda] = [:]
        /// By name: whose agenda a note is on, and as which item, once that is known.
        var screens: [String: (card: CardID, item: UInt64?)] = [:]
    }

    private let state = Mutex(State())

    func agenda(of card: CardID) -> CardAgenda {
        state.withLock { state in
            if let agenda = state.agendas[card] { return agenda }
            let agenda = CardAgenda()
            state.agendas[card] = agenda
            return agenda
        }
    }

    /// - Returns: false when the note is on an agenda already.
    func claim(screen: String, for card: CardID) -> Bool {
        state.withLock { state in
            guard state.screens[screen] == nil else { return false }
            state.screens[screen] = (card, nil)
            return true
        }
    }

    func queued(screen: String, as item: UInt64) { state.withLock { $0.screens[screen]?.item = item } }

    func unclaim(screen: String) { state.withLock { $0.screens[screen] = nil } }

    /// The notes that were put on a card's agenda, and are not yet written down as shown.
    func screens(of card: CardID) -> [(name: String, item: UInt64)] {
        state.withLock { state in
            state.screens.compactMap { name, place in place.card == card ? place.item.map { (name: name, item: $0) } : nil }.sorted { $0.0 < $1.0 }
        }
    }
}
