internal import CardProfile
internal import Logging
internal import Recordings

/// Brings a card's event log into the sink and acknowledges what is committed there. Not shared between tasks.
final class EventCollector {
    private let session: RecorderSession
    /// The highest number committed.
    private var held: UInt32
    private var mayAcknowledge: UInt32
    /// What any gateway acknowledged.
    private var acknowledged: UInt32
    /// The highest number that was known of when the log was last read.
    private(set) var known: UInt32 = 0

    init(_ session: RecorderSession, held: UInt32, status: Status) {
        self.session = session
        self.held = held
        mayAcknowledge = held
        acknowledged = status.lastAcknowledged
    }

    /// Whether a hint spoke of an event that the log was not read for.
    var isBehind: Bool { session.inbox.lastEvent > known }

    /// Reads the log behind the last committed event, commits, acknowledges.
    func read(lastEvent: UInt32) async throws {
        known = max(held, lastEvent, session.inbox.lastEvent)
        if held < .max {
            var assembler = EventEntry.log(from: held + 1, session.features)
            let received = try await session.collect(&assembler)
            let events = assembler.entries
            if let last = events.last, let received {
                mayAcknowledge = try await session.sink.commit(events: events, received: received)
                held = last.number
                known = max(known, held)
                session.report.eventsCommitted += events.count
                session.publish(.events(upTo: last.number, count: events.count))
                for reading in events.compactMap({ ClockReading($0) }) { try await session.sink.mend(by: reading) }
            }
        }
        try await acknowledge()
    }

    /// Also repeats an acknowledgement that an earlier session could not bring through.
    private func acknowledge() async throws {
        let wanted = min(mayAcknowledge, known)
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
