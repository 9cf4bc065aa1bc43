internal import CardProfile
internal import GATT
internal import Recordings

/// What the parts of one session with a recorder card share: the link, the sink, what the card said of itself, what was seen so
/// far. Not shared between tasks.
final class RecorderSession {
    let link: RecorderLink
    let sink: any RecordingSink
    let context: SessionContext
    let features: Features
    let serial: CardSerial
    let inbox: HintInbox
    var report = SessionReport(end: .complete)
    /// The Status that was read last and believed.
    private(set) var lastStatus: Status?

    init(link: RecorderLink, sink: any RecordingSink, context: SessionContext, identity: RecorderIdentity, inbox: HintInbox) {
        self.link = link
        self.sink = sink
        self.context = context
        features = identity.features
        serial = identity.card.generation.serial
        self.inbox = inbox
    }

    /// Whether its time or its bytes are used up, so that others get their turn.
    var isOver: Bool { link.session.elapsed >= Limits.session || report.payloadBytes >= Limits.bytesPerSession }

    func publish(_ what: Activity.What) {
        context.activity.publish(Activity(card: context.card, at: context.wallClock.now(), what: what))
    }

    /// Reads Status and tells the sink of its events.
    func readStatus() async throws -> Status { try await believe(try await status()) }

    /// The same, when it says more than that time went by since the one that was read last; else nil.
    func readChangedStatus() async throws -> Status? {
        let status = try await status()
        var last = lastStatus
        last?.time = status.time
        return status == last ? nil : try await believe(status)
    }

    private func status() async throws -> Status {
        try Status(try await link.card.read(RecorderAttributes.status, within: ControlPointClient.deadline)[...])
    }

    private func believe(_ status: Status) async throws -> Status {
        try await checkGeneration()
        try await sink.note(lastEvent: status.lastEvent, acknowledgedByAnyone: status.lastAcknowledged)
        lastStatus = status
        return status
    }

    /// To be asked behind each list, log and Status, before it is believed: a card that was formatted in mid-session speaks of other recordings and
    /// events by the same numbers.
    func checkGeneration() async throws {
        let now = try Features(try await link.card.read(RecorderAttributes.features, within: ControlPointClient.deadline)[...])
        guard now.generation == features.generation else {
            throw ProfileError(.outOfOrder, "The card's storage was formatted in mid-session, and the card did not end the link.")
        }
    }

    /// READs a list or the log to its end, however often that is interrupted; all of it is of the generation that this session is about.
    ///
    /// - Returns: when its first bytes came; nil when nothing did.
    func collect<Entry>(_ assembler: inout EntryAssembler<Entry>) async throws -> UTCTime? {
        var received: UTCTime?
        var idle = 0
        while let request = assembler.request() {
            guard idle < RecordingPull.patience else {
                throw ProfileError(.tooMuch, "\(idle) transfers in a row brought no entry further of a list.")
            }
            let before = assembler.entries.count
            let (result, _, transfer) = try await link.read(request, most: assembler.mostBytes)
            guard result == .success else { throw Self.refusal(of: result) }
            var end: TransferReceiver.Progress?
            while end == nil {
                switch try await transfer.next() {
                case .payload(let payload):
                    received = received ?? context.wallClock.now()
                    assembler.append(payload)
                case .ended(let progress): end = progress
                }
            }
            report.repeatedBytes += transfer.discarded
            if case .gap = end { report.gaps += 1 }
            if try assembler.ended(end ?? .more) {
                try await checkGeneration()
                return received
            }
            idle = assembler.entries.count > before ? 0 : idle + 1
            try checkTime()
        }
        return received
    }

    private func checkTime() throws {
        guard link.session.elapsed < Limits.session else { throw GATTError(.timedOut, "The card's lists were not read within \(Limits.session).") }
    }

    private static func refusal(of result: ControlResult) -> any Error {
        result == .notPermitted
            ? SessionRefusal(reason: "The card does not let this gateway READ: \(result).")
            : ProfileError(.outOfOrder, "The card answers READ of a list with: \(result).")
    }
}
