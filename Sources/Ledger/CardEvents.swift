internal import GRDB
package import Recordings

/// A card's events into the feed.
extension Ledger {
    /// Commits events in rising order, each once, with the jobs that they ask for and what they tell of recordings.
    ///
    /// - Returns: the highest number held: what may be acknowledged.
    package func commit(_ events: [CardEvent], of life: CardLife, received: UTCTime) throws -> UInt32 {
        try write { transaction in
            // Clock settings first: they mend the times of the events before them.
            for reading in ClockReading.ends(of: events) { try Self.mend(by: reading, of: life, transaction) }
            let stopped = Set(events.compactMap { if case .recordingStopped(let number) = $0.what { number } else { nil } })
            var today = try CardDay(.events, of: life.card, transaction)
            var waiting: CardEvent?
            for event in events.sorted(by: { $0.number < $1.number }) {
                guard let place = try Self.place(of: event, of: life, transaction) else { continue }
                guard today.takeOne() else {
                    waiting = event
                    break
                }
                try Self.commit(event, at: place, of: life, received: received, stopped: stopped, transaction)
            }
            try today.end()
            let highest = UInt32(clamping: try Self.highestEvent(life, transaction.db))
            return waiting.map { min(highest, $0.number - 1) } ?? highest
        }
    }

    /// Where an event stands.
    private struct Place {
        /// nil: it was given to another event before.
        let number: Int64?
        let key: String
    }

    /// - Parameter stopped: recordings that ended by now, as events committed with this one tell.
    private static func commit(
        _ event: CardEvent, at place: Place, of life: CardLife, received: UTCTime, stopped: Set<UInt32>, _ transaction: Transaction
    ) throws {
        let (type, data) = event.feed
        let key = place.key
        if place.number == nil { try transaction.emit("card.numbers_reused", card: life.card, [("event", .number(Int64(event.number)))]) }
        let recording = try event.recordingNumber.map { try recordingKnown(as: $0, of: life, transaction) }
        let (time, clock) = try resolve(event.time, of: life, transaction.db)
        let raw = event.time.columns
        let id: EventID = transaction.newID()
        try transaction.execute(
            """
            INSERT INTO event (id, type, card, generation, number, key, recording, raw, raw_is_utc, raw_boot, time, clock, received, data)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            """,
            [
                id.description, type, life.card.description, Int64(life.generation.number), place.number, key,
                recording?.description, raw.raw, raw.isUTC, raw.boot, time?.milliseconds, clock.rawValue, received.milliseconds,
                JSONText(data).description,
            ])
        transaction.touch(.events)
        switch event.what {
        case .button(let button, let gesture, let during, let offset):
            let hasEnded = during.map { offset == 0 || stopped.contains($0) } ?? false
            let waits = try recording.map { try hasEnded && isComing($0, transaction) } ?? false
            for rule in transaction.routing.rules where rule.when.fits(button, gesture) {
                try enqueue(
                    rule.queue, key: "\(key)/\(rule.queue)", priority: rule.priority,
                    attempts: rule.attempts, recording: recording, event: id,
                    held: waits ? "Waits for the memo that was spoken with the press." : nil, transaction)
            }
            for rule in transaction.routing.screens where rule.when.fits(button, gesture) {
                try show(ScreenText(text: rule.text, style: .note, seconds: screenSeconds), on: life.card, job: nil, transaction)
            }
        case .deletedByUser:
            if let recording { try end(recording, .deletedOnCard, "Its user deleted it on the card\(time.map { " at \($0)" } ?? "").", transaction) }
        case .lost:
            if let recording { try end(recording, .lostOnCard, "The card lost it to a storage fault.", transaction) }
        case .formatted(let last): try formatted(last: last, before: life, transaction)
        default: break
        }
    }

    /// Where an event stands: its number and its natural key; nil when it is held already.
    ///
    /// A faulty card may give a number out once more. What it means then is another event: it is kept without a number, by a key that
    /// its start and time tell apart. Both may have come in one millisecond: then their types differ, unless it was a later version of this
    /// program that learnt what the first one is.
    private static func place(of event: CardEvent, of life: CardLife, _ transaction: Transaction) throws -> Place? {
        let number = Int64(event.number)
        let key = life.generation.eventKey(event.number)
        let raw = event.time.columns
        let row = try transaction.row(
            "SELECT raw = ? AND raw_boot = ? AND type IN (?, 'card.other') AS same FROM event WHERE card = ? AND generation = ? AND number = ?",
            [raw.raw, raw.boot, event.feed.type] + life.arguments + [number])
        guard let row else { return Place(number: number, key: key) }
        guard try !(row.value("same") as Bool) else { return nil }
        let again = "\(key)+\(raw.boot).\(raw.raw)"
        guard try transaction.row("SELECT 1 FROM event WHERE key = ? AND number IS NULL", [again]) == nil else { return nil }
        return Place(number: nil, key: again)
    }

    /// How long a card shows the text of a route.
    private static let screenSeconds: UInt8 = 10

    /// Whether a recording is still to be pulled. Who works on a press that began or ended a memo needs the memo; a press in the middle of a
    /// meeting does not wait for the meeting's end.
    private static func isComing(_ recording: RecordingID, _ transaction: Transaction) throws -> Bool {
        let info = try RecordingRows.require(recording, transaction.db)
        return !info.isHeld && (info.state == .listed || info.state == .pulling)
    }

    /// The card has it no more. What is held here stays as it is.
    private static func end(_ recording: RecordingID, _ state: RecordingState, _ cause: String, _ transaction: Transaction) throws {
        let info = try RecordingRows.require(recording, transaction.db)
        guard info.sha256 == nil else { return try transaction.step(recording, state.rawValue, "\(cause) It was held here before.") }
        try setState(state, of: recording, cause, transaction)
    }

    /// The recording of that number; its row is made when an event is the first to tell of it.
    static func recordingKnown(as number: UInt32, of life: CardLife, _ transaction: Transaction) throws -> RecordingID {
        let row = try transaction.row(
            "SELECT id FROM recording WHERE card = ? AND generation = ? AND number = ? AND current = 1", life.arguments + [Int64(number)])
        if let row { return try row.identifier("id") }
        return try insertRecording(number, of: life, variant: 0, pull: 1, transaction)
    }

    static func insertRecording(_ number: UInt32, of life: CardLife, variant: Int, pull: Int, _ transaction: Transaction) throws -> RecordingID {
        // Lists are in the order of the ids: the order in which recordings became known, whatever the clock did.
        let last = try String.fetchOne(transaction.db, sql: "SELECT max(id) FROM recording").flatMap { RecordingID($0) }
        let id = RecordingID.make(at: transaction.now, random: transaction.random(), behind: last)
        try transaction.execute(
            """
            INSERT INTO recording (card, generation, id, number, variant, current, pulls, state, first_seen, changed)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 1 + (SELECT coalesce(max(changed), 0) FROM recording))
            """,
            life.arguments + [
                id.description, Int64(number), variant, variant == 0, pull, (variant == 0 ? RecordingState.listed : .pulling).rawValue,
                transaction.now.milliseconds,
            ])
        transaction.touch(.recordings)
        return id
    }

    /// Numbers of the generation before that nobody here ever heard of.
    private static func formatted(last: UInt32, before life: CardLife, _ transaction: Transaction) throws {
        let row = try transaction.row(
            """
            SELECT number, (SELECT coalesce(max(number), 0) FROM recording
                WHERE recording.card = generation.card AND recording.generation = generation.number) AS highest
            FROM generation WHERE card = ? AND number <> ? ORDER BY first_seen DESC LIMIT 1
            """, life.arguments)
        guard let row else { return }
        let highest: Int64 = try row.value("highest")
        guard Int64(last) > highest else { return }
        try transaction.execute(
            """
            INSERT INTO absence (card, generation, first, last, state, cause, since) VALUES (?, ?, ?, ?, ?, ?, ?)
            ON CONFLICT DO NOTHING
            """,
            [
                life.card.description, try row.value("number") as Int64, highest + 1, Int64(last), RecordingState.lostOnCard.rawValue,
                "The card's storage was formatted before they were pulled.", transaction.now.milliseconds,
            ])
    }
}

extension Routing.Rule.Trigger {
    func fits(_ button: Button, _ gesture: Gesture) -> Bool {
        guard case .buttonPressed(let wanted, let manner) = self else { return false }
        return (wanted == nil || wanted == button.description) && (manner == nil || manner == gesture.description)
    }
}

extension CardEvent {
    /// The recording that it tells of; nil for none.
    fileprivate var recordingNumber: UInt32? {
        let number: UInt32? =
            switch what {
            case .button(_, _, let recording, _): recording
            case .recordingStarted(let recording), .recordingStopped(let recording), .deletedByUser(let recording), .lost(let recording): recording
            case .mark(let recording, _): recording
            case .other(_, _, _, let recording, _): recording
            default: nil
            }
        return number == 0 ? nil : number
    }

    /// Type and data in the feed.
    fileprivate var feed: (type: String, data: [(String, JSONScalar?)]) {
        switch what {
        case .button(let button, let gesture, let recording, let offset):
            (
                "button.pressed",
                [
                    ("button", .string(button.description)), ("gesture", .string(gesture.description)),
                    ("offset_ms", recording == nil ? .null : .number(Int64(offset))),
                ]
            )
        case .recordingStarted(let number): ("recording.started", [("recording", .number(Int64(number)))])
        case .recordingStopped(let number): ("recording.stopped", [("recording", .number(Int64(number)))])
        case .mark(let number, let offset): ("mark.set", [("recording", .number(Int64(number))), ("offset_ms", .number(Int64(offset)))])
        case .batteryLow: ("card.battery", [("level", "low")])
        case .storageNearlyFull: ("card.storage", [("level", "nearly_full")])
        case .storageFull: ("card.storage", [("level", "full")])
        case .poweredOn: ("card.powered_on", [])
        case .clockSet: ("card.clock_set", [])
        case .deletedByUser(let number): ("recording.deleted_on_card", [("recording", .number(Int64(number)))])
        case .lost(let number): ("recording.lost", [("recording", .number(Int64(number)))])
        case .formatted(let last): ("card.formatted", [("last", .number(Int64(last)))])
        case .other(let kind, let button, let gesture, let recording, let offset):
            (
                "card.other",
                [
                    ("kind", .number(Int64(kind))), ("button", .number(Int64(button))), ("gesture", .number(Int64(gesture))),
                    ("recording", .number(Int64(recording))), ("offset_ms", .number(Int64(offset))),
                ]
            )
        }
    }
}
