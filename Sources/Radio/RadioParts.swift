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
    func context(for card: PairedCard, used: @escaping @Sendable () -> Void) -> SessionContext {
        var logger = logger
        logger[metadataKey: "card"] = "\(card.id)"
        return SessionContext(
            card: card.id, clock: clock, wallClock: wallClock, activity: activity, logger: logger, allowSharedTransfer: allowSharedTransfer,
            bondIsAuthenticated: card.isAccepted, agenda: agendas.agenda(of: card.id), used: used)
    }

    /// Puts the notes that wait in the ledger on the card's agenda, each once.
    func queueScreens(for card: CardID) async throws {
        for (name, note) in try await registry.waitingScreens(for: card) {
            guard agendas.claim(screen: name) else { continue }
            let screens = screens
            let added = agendas.agenda(of: card).add(.screen(note)) { screens.yield((name, card, $0)) }
            if added == nil { agendas.unclaim(screen: name) }
        }
    }
}

/// The agenda of each card, made when first asked for.
final class Agendas: Sendable {
    private struct State {
        var agendas: [CardID: CardAgenda] = [:]
        var screens: Set<String> = []
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
    func claim(screen: String) -> Bool { state.withLock { $0.screens.insert(screen).inserted } }

    func unclaim(screen: String) { _ = state.withLock { $0.screens.remove(screen) } }
}
