internal import Bytes
internal import EventLoop
internal import Ledger
internal import Logging
package import Recordings

/// The recordings and events of one paired card: what is held, and the durable steps in their order.
///
/// An actor on the blocking thread. One session at a time uses it. Any error drops the open part: the committed offset counts,
/// and the next `begin` goes on from there with a newly opened file.
package actor CardCustody: RecordingSink {
    nonisolated package let card: CardID
    let sealer: Sealer
    let logger: Logger
    private let executor: any SerialExecutor
    private var life: CardLife?
    /// The copies that RELEASE speaks of in this session, by number.
    var offers: [UInt32: RecordingID] = [:]
    /// Bytes of this session.
    var sessionBytes: UInt64 = 0
    var part: OpenPart?
    /// Said once for each card and start.
    var hasWarnedOfReservation = false

    var folder: StoreFolder { sealer.folder }
    var ledger: Ledger { sealer.ledger }

    nonisolated package var unownedExecutor: UnownedSerialExecutor { unsafe executor.asUnownedSerialExecutor() }

    init(card: CardID, sealer: Sealer, logger: Logger, executor: any SerialExecutor) {
        self.card = card
        self.sealer = sealer
        self.logger = logger
        self.executor = executor
    }

    package func ownerKeys() async throws -> OwnerKeys? {
        let serial = try session().generation.serial
        return await sealer.settings.owner?.keys(for: serial)
    }

    package func owner(_ outcome: OwnerOutcome) async throws {
        let serial = try session().generation.serial
        do { try await sealer.settings.owner?.told(outcome, of: serial) } catch { throw CustodyError.storage("\(error)") }
    }

    package func open(_ generation: Generation) async throws -> UInt32 {
        part = nil
        offers = [:]
        sessionBytes = 0
        let life = CardLife(card: card, generation: generation)
        self.life = nil
        // What is not in the journal yet must not be acknowledged by this session either.
        let last = try await guarded {
            let last = try await ledger.open(life)
            try await sealer.scribe.copy(.withoutSidecars)
            return last
        }
        self.life = life
        return last
    }

    package func note(lastEvent: UInt32, acknowledgedByAnyone: UInt32) async throws {
        let life = try session()
        try await guarded { try await ledger.note(lastEvent: lastEvent, acknowledgedByAnyone: acknowledgedByAnyone, of: life) }
    }

    package func mend(by reading: ClockReading) async throws {
        let life = try session()
        try await guarded { try await ledger.mend(by: reading, of: life) }
    }

    package func commit(events: [CardEvent], received: UTCTime) async throws -> UInt32 {
        let life = try session()
        guard events.count <= Limits.events else {
            throw CustodyError.limit("Events in one log", came: UInt64(events.count), allowed: UInt64(Limits.events))
        }
        return try await guarded {
            let last = try await ledger.commit(events, of: life, received: received)
            try await sealer.scribe.copy(.withoutSidecars)
            return last
        }
    }

    package func logWasRead(upTo lastEvent: UInt32) async throws {
        let life = try session()
        try await guarded { try await ledger.logWasRead(upTo: lastEvent, of: life) }
    }

    package func acknowledged(upTo number: UInt32) async throws {
        let life = try session()
        try await guarded { try await ledger.acknowledged(upTo: number, of: life) }
    }

    package func plan(listed: [ListedRecording], released: [ListedRecording]) async throws -> [CustodyStep] {
        let life = try session()
        for list in [listed, released] where list.count > Limits.listEntries {
            throw CustodyError.limit("Entries of one list", came: UInt64(list.count), allowed: UInt64(Limits.listEntries))
        }
        let plan = try await guarded {
            try await ledger.plan(life, listed: listed, released: released, policy: sealer.settings.release)
        }
        offers = plan.offers
        return plan.steps
    }

    package func hindered(_ recording: UInt32, because cause: String) async throws {
        let life = try session()
        try await guarded { try await ledger.noteDelay(of: recording, life, cause: cause) }
    }

    package func released(_ recording: UInt32, answer: ReleaseAnswer) async throws -> ReleaseOutcome {
        guard let id = offers[recording] else {
            throw CustodyError.misuse("No digest of recording \(recording) was offered in this session.")
        }
        let outcome = try await guarded { try await ledger.answer(id, answer) }
        logger.info("The card was told that a recording is here", metadata: ["card": "\(card)", "recording": "\(id)", "answer": "\(answer)"])
        return outcome
    }

    /// The card and generation of this session.
    func session() throws -> CardLife {
        guard let life else { throw CustodyError.misuse("The session did not say which card and generation it is about.") }
        return life
    }

    /// Every failure drops the part and gets the port's error type; a full disk is told to the whole gateway.
    func guarded<R: Sendable>(_ body: () async throws -> R) async throws -> R {
        do {
            return try await body()
        } catch let error as SystemError where error.isOutOfSpace {
            part = nil
            throw await noRoom(needed: 0)
        } catch {
            part = nil
            switch error {
            case is CustodyError, is CancellationError: throw error
            default:
                logger.error("custody step failed", metadata: ["card": "\(card)", "error": "\(error)"])
                throw CustodyError.storage("\(error)")
            }
        }
    }

    /// Tells the ledger that there is no room, as far as it can still write.
    func noRoom(needed: UInt64) async -> CustodyError {
        let free = (try? folder.recordings.freeBytes()) ?? 0
        let above = free > sealer.settings.reserve ? free - sealer.settings.reserve : 0
        do {
            try await ledger.setCondition(
                StoreCondition.full,
                "Pulling stopped: less than the reserve of \(ByteSize.text(sealer.settings.reserve)) would be left. The cards keep their copies.")
        } catch {
            logger.error("full disk cannot be noted", metadata: ["error": "\(error)"])
        }
        return .noRoom(needed: needed, free: above)
    }
}
