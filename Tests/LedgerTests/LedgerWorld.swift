import Bytes
import EventLoop
import Ledger
import Recordings
import TestSupport
import Testing

/// A ledger on a still machine, with the card "anna".
struct LedgerWorld {
    static let routing = Routing(
        [
            Routing.Rule(when: .recordingStored, queue: "decode", attempts: 3),
            Routing.Rule(when: .recordingStored, queue: "upload"),
            Routing.Rule(when: .buttonPressed(button: "assistant", gesture: nil), queue: "hello", priority: .urgent),
            Routing.Rule(when: .finished(queue: "decode"), queue: "transcribe"),
        ], screens: [Routing.ScreenRule(when: .buttonPressed(button: "assistant", gesture: "double"), text: "On it")])
    static let bond = Bond(adapter: "00:00:00:00:00:01", peer: "C0:00:00:00:00:01", peerKind: "random", method: .passkey)
    static let device = DeviceFacts(
        manufacturer: ForeignText("Acme"), model: ForeignText("Card"), hardware: ForeignText("1"), firmware: ForeignText("2"))

    let machine: TestMachine
    let ledger: Ledger
    let life: CardLife

    static func serial(_ text: String = "A1-0007") throws -> CardSerial { try #require(CardSerial(text)) }

    init(_ machine: TestMachine? = nil, boot: String = "first") async throws {
        self.machine = try machine ?? TestMachine()
        ledger = try await Self.open(self.machine, boot: boot)
        let known = try await ledger.cards().first
        let serial = try Self.serial()
        let id: CardID
        if let known {
            id = known.id
        } else {
            id = try await ledger.enroll(serial: serial, name: "anna", device: Self.device, bond: Self.bond).id
        }
        life = CardLife(card: id, generation: Generation(serial: serial, number: 0x5b0c_91aa))
        _ = try await ledger.open(life)
    }

    /// - Parameter wall: nil: the machine's.
    static func open(_ machine: TestMachine, boot: String = "first", wall: WallClock? = nil) async throws -> Ledger {
        try await Ledger.open(
            at: machine.path("ledger.sqlite"), name: "hq", routing: routing,
            environment: LedgerEnvironment(wall: wall ?? machine.wall, boot: machine.boot(boot), sleep: machine.sleep),
            executor: try BlockingThread(name: "ledger"))
    }

    /// The same file, as after an end of the process or (another `boot`) of the machine.
    func reopened(boot: String = "first") async throws -> LedgerWorld {
        try await ledger.close()
        return try await LedgerWorld(machine, boot: boot)
    }

    static func entry(
        _ number: UInt32, size: UInt64 = 100, flags: ListedFlags = .complete, started: CardTime? = nil, prefix: [UInt8]? = nil
    ) -> ListedRecording {
        ListedRecording(
            number: number, size: size, started: started ?? CardTime(.utc(TestMachine.morning.advanced(by: Int64(number) * 60_000)), boot: 1),
            durationMilliseconds: 4100, kind: .memo, marks: 2, flags: flags, firstEvent: 0, digestPrefix: prefix ?? digest(number).prefix)
    }

    static func digest(_ seed: UInt32) -> SHA256Digest {
        SHA256Digest((0..<32).map { UInt8(truncatingIfNeeded: Int(seed) &* 31 &+ $0) }) ?? digest(0)
    }

    static func event(_ number: UInt32, _ what: CardEvent.What, _ time: CardTime? = nil) -> CardEvent {
        CardEvent(number: number, time: time ?? CardTime(.utc(TestMachine.morning.advanced(by: Int64(number) * 1000)), boot: 1), what: what)
    }

    func plan(_ listed: [ListedRecording], released: [ListedRecording] = [], policy: ReleasePolicy = .stored) async throws -> [CustodyStep] {
        try await ledger.plan(life, listed: listed, released: released, policy: policy).steps
    }

    func commit(_ events: CardEvent...) async throws -> UInt32 {
        try await ledger.commit(events, of: life, received: machine.now)
    }

    /// Lists, pulls and stores one recording.
    @discardableResult
    func store(_ number: UInt32) async throws -> RecordingID {
        _ = try await plan([Self.entry(number)])
        let pull = try await ledger.beginPull(Self.entry(number), of: life)
        #expect(try await ledger.judge(pull.id, sha256: Self.digest(number), size: 100) == .keep)
        _ = try await ledger.store(pull.id, sha256: Self.digest(number), size: 100, disputed: false, policy: .stored)
        return pull.id
    }

    /// Pulls all that an entry lists, and finds that digest.
    func pull(_ entry: ListedRecording, digest: SHA256Digest, verdict: PullVerdict) async throws -> RecordingID {
        let part = try await ledger.beginPull(entry, of: life)
        _ = try await ledger.advance(part.id, durable: entry.size, proven: true, added: entry.size)
        #expect(try await ledger.judge(part.id, sha256: digest, size: entry.size) == verdict)
        return part.id
    }

    /// Two whole pulls agree with each other and not with the list, which lies about the digest.
    func dispute(_ number: UInt32, policy: ReleasePolicy) async throws {
        let lie = Self.entry(number, prefix: Self.digest(number + 8).prefix)
        _ = try await plan([lie])
        let id = try await pull(lie, digest: Self.digest(number), verdict: .resume(at: 0))
        #expect(try await pull(lie, digest: Self.digest(number), verdict: .keepDisputed) == id)
        _ = try await ledger.store(id, sha256: Self.digest(number), size: 100, disputed: true, policy: policy)
    }

    func state(of number: UInt32) async throws -> RecordingState {
        try await ledger.recording(named: life.generation.recordingKey(number)).state
    }

    /// Claims one job.
    func claim(_ queue: String, for length: Duration = .seconds(60)) async throws -> LeasedJob {
        let jobs = try await ledger.claim(queue, max: 1, for: length, worker: ForeignText("test"))
        return try #require(jobs.first)
    }

    func finish(_ job: LeasedJob, _ result: JobResult = JobResult()) async throws -> DoneReceipt {
        try await ledger.finish(Completion(job: job.job.id, token: job.token, result: result))
    }
}

/// The error's code, when it is the ledger's.
func code(of body: () async throws -> Void) async -> LedgerError.Code? {
    do {
        try await body()
        return nil
    } catch {
        return (error as? LedgerError)?.code
    }
}
