internal import CardProfile
internal import Logging
internal import Recordings

/// Brings a card's event log into the sink and acknowledges what is committed there. Not shared between tasks.
///
/// The log is read from its beginning each time, not from the last number held: it has only what was not acknowledged, so this costs
/// nothing, and a faulty card that gives numbers out once more loses none of those events.
final class EventCollector {
    private let session: RecorderSession
    /// The highest number committed.
    private var held: UInt32
    /// What any gateway acknowledged.
    private var acknowledged: UInt32
    /// The highest number that was known of when the log was last read.
    private(set) var known: UInt32 = 0

    init(_ session: RecorderSession, held: UInt32, status: Status) {
        self.session = session
        self.held = held
        acknowledged = status.lastAcknowledged
    }

    /// Whether a hint spoke of an event that the log was not read for.
    var isBehind: Bool { session.inbox.lastEvent > known }

    /// Reads the log when a Status that was read tells of events that are not held, whatever hints told before.
    func read(ifAny status: Status) async throws {
        if status.lastEvent > held, status.lastAcknowledged < status.lastEvent { try await read(lastEvent: status.lastEvent) }
    }

    /// Reads the log, commits, acknowledges.
    func read(lastEvent: UInt32) async throws {
        known = max(known, lastEvent, session.inbox.lastEvent)
        var assembler = EventEntry.log(from: 1, session.features)
        let received = try await session.collect(&assembler)
        let events = assembler.entries
        guard let last = events.last?.number, let received else { return try await noteMissing(upTo: lastEvent) }
        let mayAcknowledge = try await session.sink.commit(events: events, received: received)
        let new = events.count { $0.number > held }
        if new > 0 {
            session.context.used()
            session.publish(.events(upTo: last, count: new))
            if events.contains(where: { $0.number > held && $0.what == .batteryLow }) { session.context.batteryIsLow() }
        }
        session.report.eventsCommitted += new
        held = max(held, last)
        known = max(known, last)
        try await noteMissing(upTo: lastEvent)
        try await acknowledge(upTo: min(mayAcknowledge, last))
    }

    /// The log was asked for after the card had told of this event: what did not come is no longer there.
    private func noteMissing(upTo lastEvent: UInt32) async throws {
        if held < lastEvent { try await session.sink.logWasRead(upTo: lastEvent) }
    }

    private func acknowledge(upTo wanted: UInt32) async throws {
        guard wanted > acknowledged else { return }
        let result = try await session.link.ask(.acknowledgeEvents(upTo: wanted)).result
        guard result == .success else {
            session.context.logger.warning(
                "The card refused to have its events acknowledged", metadata: ["upTo": "\(wanted)", "result": "\(result)"])
            return
        }
        acknowledged = wanted
        try await session.sink.acknowledged(upTo: wanted)
    }
}
