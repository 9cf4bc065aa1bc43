internal import GATT
internal import Recordings

/// Whether one adapter still does what it should, and what to do when not. A value without I/O; times are durations since the radio
/// began, in boot time.
///
/// The remedies cost little at first: discovery is begun anew and takes in every device; only when even that hears nothing is the adapter
/// switched off and on, and only while no link would be lost by it. What that does not mend is said aloud and left to a person.
struct AdapterHealth: Sendable {
    /// So many attempts in a row, on cards that had just been heard, say something about the controller.
    static let attempts = 4
    /// So many discoveries in a row that could not be begun.
    static let discoveries = 2
    /// What a person did not mend is tried again after this.
    static let again: Duration = .seconds(3600)

    enum Remedy: Sendable, Equatable {
        /// Begin discovery anew, for every device.
        case listenToAll
        /// Switch the adapter off and on.
        case powerCycle(FailureClass)
    }

    /// See `RadioTimes`.
    private let silence: Duration
    /// What a person should know of; nil while all is well, or while it may still mend itself.
    private(set) var trouble: FailureClass?
    /// Whether a card was heard since the adapter was last known to hear others only.
    private var expectsCards = false
    private var heardNothingInProbe = false
    /// Listening time since anything was heard, without the listening that goes on.
    private var silentFor: Duration = .zero
    private var listensSince: Duration?
    private var failedAttempts = 0
    private var failedCards: Set<CardID> = []
    private var failedDiscoveries = 0
    private var cycledAt: Duration?
    private var cycledFor: FailureClass?

    init(silence: Duration) { self.silence = silence }

    // MARK: What is seen

    mutating func listens(at now: Duration) {
        listensSince = now
        failedDiscoveries = 0
        mended(.adapterHung)
    }

    mutating func stoppedListening(at now: Duration) {
        silentFor = silent(at: now)
        listensSince = nil
    }

    /// A card was heard.
    mutating func heardCard(at now: Duration) {
        heardAnything(at: now)
        expectsCards = true
        mended(.silence)
    }

    /// Somebody was heard: the adapter works. While it hears others only, the cards are away.
    mutating func heardAnything(at now: Duration) {
        if heardNothingInProbe || silent(at: now) >= silence { expectsCards = false }
        heardNothingInProbe = false
        silentFor = .zero
        if listensSince != nil { listensSince = now }
    }

    /// Listening to everything brought nothing.
    mutating func probeWasSilent() { heardNothingInProbe = true }

    mutating func linked() {
        (failedAttempts, failedCards) = (0, [])
        mended(.controllerStuck)
    }

    /// A link proves until its end that the adapter works; who has one does not advertise.
    mutating func unlinked(at now: Duration) {
        silentFor = .zero
        if listensSince != nil { listensSince = now }
    }

    /// A card that had just been heard could not be connected.
    mutating func attemptFailed(on card: CardID, _ error: GATTError) {
        switch error.code {
        case .unreachable, .timedOut, .connectionAborted, .inProgress:
            failedAttempts += 1
            failedCards.insert(card)
        default: break
        }
    }

    /// - Returns: how often in a row by now.
    mutating func discoveryFailed() -> Int {
        failedDiscoveries += 1
        return failedDiscoveries
    }

    /// The adapter was switched off and on. What comes again from now on is for a person.
    mutating func cycled(for reason: FailureClass, at now: Duration) {
        cycledAt = now
        cycledFor = reason
        (failedAttempts, failedCards, failedDiscoveries, silentFor, heardNothingInProbe) = (0, [], 0, .zero, false)
    }

    /// It could not be.
    mutating func cycleFailed(at now: Duration) {
        cycled(for: .adapterHung, at: now)
        trouble = .adapterHung
    }

    private mutating func mended(_ failure: FailureClass) {
        if trouble == failure { trouble = nil }
        if cycledFor == failure { (cycledAt, cycledFor) = (nil, nil) }
    }

    // MARK: What to do

    /// What is to be done now; nil when nothing is, or not yet again. Tells `trouble` of what a remedy did not mend.
    ///
    /// - Parameter links: how many stand, which prove that the adapter works, and which a power cycle would cost.
    mutating func remedy(at now: Duration, links: Int) -> Remedy? {
        guard links == 0 else { return nil }
        if failedDiscoveries >= Self.discoveries { return cycle(for: .adapterHung, at: now) }
        if failedAttempts >= Self.attempts { return cycle(for: .controllerStuck, at: now) }
        guard expectsCards, silent(at: now) >= silence else { return nil }
        guard heardNothingInProbe else { return .listenToAll }
        return cycle(for: .silence, at: now)
    }

    private mutating func cycle(for failure: FailureClass, at now: Duration) -> Remedy? {
        guard let cycledAt, now - cycledAt < Self.again else { return .powerCycle(failure) }
        // One card alone may be to blame itself.
        if cycledFor == failure, failure != .controllerStuck || failedCards.count > 1 { trouble = failure }
        return nil
    }

    /// When to look again while listening; nil: nothing depends on time alone.
    func nextLook(at now: Duration) -> Duration? {
        guard expectsCards, listensSince != nil else { return nil }
        let look = now + max(.zero, silence - silent(at: now))
        guard heardNothingInProbe, let cycledAt else { return look }
        return max(look, cycledAt + Self.again)
    }

    private func silent(at now: Duration) -> Duration { silentFor + (listensSince.map { now - $0 } ?? .zero) }
}
