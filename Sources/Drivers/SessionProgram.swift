internal import CardProfile
internal import GATT
internal import Recordings

/// The order of one session: prove, clock, events, recordings, and then linger for what comes. Not shared between tasks.
final class SessionProgram {
    /// Status is read this often while nothing else is said: a dead link is noticed, and what policy held back is asked for again.
    private static let keepAlive: Duration = .seconds(55)
    /// It may wait so much longer for others', so that fifty lingering cards do not wake the machine fifty times.
    private static let keepAliveTolerance: Duration = .seconds(10)
    /// Notified Status is looked at no more often than the profile lets a card notify it.
    private static let statusInterval: Duration = .seconds(1)

    private let session: RecorderSession
    private let heldEvents: UInt32

    init(_ session: RecorderSession, heldEvents: UInt32) {
        self.session = session
        self.heldEvents = heldEvents
    }

    /// Runs until the session is complete; the report then says whether everything was seen.
    func run() async throws {
        let sink = session.sink
        try await OwnerGate(
            link: session.link, features: session.features, serial: session.serial, keys: try await sink.ownerKeys(),
            isPairing: false, told: { try await sink.owner($0) }
        ).open()
        try await setTime()
        let status = try await session.readStatus()
        let events = EventCollector(session, held: heldEvents, status: status)
        try await events.read(lastEvent: status.lastEvent)
        let desk = ActionDesk(session: session)
        let inbox = session.inbox
        let attend = {
            try inbox.checkLink()
            try await desk.perform()
            if events.isBehind { try await events.read(lastEvent: inbox.lastEvent) }
        }
        let recordings = RecordingCollector(session, attend: attend)
        repeat {
            try await recordings.run()
            try await attend()
            if recordings.hasNoRoom {
                session.report.end = .noRoom
                return
            }
            if session.isOver { break }
            session.report.sawEverything = true
        } while try await linger(recordings, events, attend)
        if let violation = recordings.violation { session.report.end = .protocolViolation(violation) }
    }

    /// A gateway whose clock is not synchronised sets nobody else's. The offset is 0: what a card writes into its objects is UTC.
    private func setTime() async throws {
        guard await session.context.wallClock.isSynchronised() else { return }
        let now = session.context.wallClock.now()
        let response = try await session.link.ask(.setTime(now: now, minutesEast: 0))
        switch response.answer {
        case .clock(let clock): try await session.sink.mend(by: clock.reading(now: now))
        default:
            throw response.result == .notPermitted ? Self.locked : ProfileError(.outOfOrder, "The card answers SET_TIME with: \(response.result).")
        }
    }

    private static let locked: any Error = SessionRefusal(reason: "The card does not obey this link: it has an owner that was not proven.")

    /// Stays linked for events, actions and new recordings.
    ///
    /// - Returns: whether to list the recordings again; else the session is complete.
    private func linger(_ recordings: RecordingCollector, _ events: EventCollector, _ attend: () async throws -> Void) async throws -> Bool {
        var looked = Stopwatch(session.link.clock)
        var heard: Stopwatch?
        while true {
            try await attend()
            // A card that notifies more often than it may costs no more than one that does not.
            let pause = heard.map { Self.statusInterval - $0.elapsed } ?? .zero
            if pause <= .zero, session.inbox.takeStatus() != nil {
                heard = Stopwatch(session.link.clock)
                // What was notified is a hint; what is read counts.
                let status = try await session.readStatus()
                try await events.read(ifAny: status)
                if status.unsynced > recordings.remaining { return true }
                continue
            }
            if session.isOver { return false }
            if session.context.agenda.shouldLook { return true }
            if session.context.agenda.shouldYield { return false }
            if looked.elapsed >= Self.keepAlive {
                looked = Stopwatch(session.link.clock)
                // One that says what the last one said is believed as that was.
                guard let status = try await session.readChangedStatus() else {
                    if session.lastStatus?.unsynced != 0 { return true }
                    continue
                }
                try await events.read(ifAny: status)
                if status.unsynced > 0 { return true }
                continue
            }
            let wait = min(Self.keepAlive - looked.elapsed, Limits.session - session.link.session.elapsed)
            // A Status that comes in the pause wakes nobody: it is looked for at the pause's end.
            let isPausing = pause > .zero && pause < wait
            try await somethingHappens(
                within: isPausing ? pause : wait, tolerance: isPausing ? nil : Self.keepAliveTolerance, behind: events.known, status: pause <= .zero)
        }
    }

    private func somethingHappens(within limit: Duration, tolerance: Duration?, behind known: UInt32, status: Bool) async throws {
        let inbox = session.inbox
        let agenda = session.context.agenda
        let watch = Stopwatch(session.link.clock)
        await withTaskGroup { group in
            group.addTask { await inbox.news(behind: known, status: status) }
            group.addTask { await agenda.somethingToDo() }
            group.addTask { try? await watch.sleep(for: limit, tolerance: tolerance) }
            await group.next()
            group.cancelAll()
        }
        try Task.checkCancellation()
    }
}
