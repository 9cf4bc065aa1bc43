import Crypto
import EventLoop
import Foundation
import Ledger
import Logging
import RecordingStore
import Recordings
import TestSupport
import Testing

typealias Digest = Recordings.SHA256Digest

/// Ledger, files and the sink of the card "anna" on a still machine.
struct StoreWorld {
    static let routing = Routing([
        Routing.Rule(when: .recordingStored, queue: "decode"), Routing.Rule(when: .recordingStored, queue: "upload"),
    ])

    let machine: TestMachine
    let root: URL
    let ledger: Ledger
    let files: RecordingFiles
    let custody: CardCustody
    let generation: Generation

    init(
        _ machine: TestMachine? = nil, root: URL? = nil, release: ReleasePolicy = .stored, reserve: UInt64 = 0, observer: StepObserver? = nil
    ) async throws {
        self.machine = try machine ?? TestMachine()
        self.root = root ?? self.machine.folder
        let thread = try BlockingThread(name: "store")
        ledger = try await Ledger.open(
            at: self.machine.path("ledger.sqlite"), name: "hq", routing: Self.routing,
            environment: LedgerEnvironment(wall: self.machine.wall, boot: self.machine.boot(), sleep: self.machine.sleep), executor: thread)
        let serial = try #require(CardSerial("A1-0007"))
        generation = Generation(serial: serial, number: 0x5b0c_91aa)
        let known = try await ledger.cards().first
        let id: CardID
        if let known {
            id = known.id
        } else {
            let bond = Bond(adapter: "00:00:00:00:00:01", peer: "C0:00:00:00:00:01", peerKind: "random", method: .passkey)
            id = try await ledger.enroll(
                serial: serial, name: "anna", device: DeviceFacts(manufacturer: "Acme", model: "Card", hardware: "1", firmware: "2"), bond: bond
            ).id
        }
        files = try await RecordingFiles.open(
            root: self.root.path, ledger: ledger, settings: StoreSettings(release: release, reserve: reserve, owner: nil),
            logger: Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() }), executor: thread, observer: observer)
        custody = await files.custody(of: id)
        _ = try await custody.open(generation)
    }

    /// The same files and ledger, as after an end of the process.
    func reopened(reserve: UInt64 = 0, observer: StepObserver? = nil) async throws -> StoreWorld {
        try await ledger.close()
        return try await StoreWorld(machine, root: root, reserve: reserve, observer: observer)
    }

    /// Somebody deletes the ledger.
    func loseLedger() async throws {
        try await ledger.close()
        for end in ["", "-wal", "-shm"] { try? FileManager.default.removeItem(atPath: machine.path("ledger.sqlite\(end)")) }
    }

    /// `earshotd --rebuild` in this folder, whose ledger is gone.
    @discardableResult
    func rebuild() async throws -> RebuildReport { try await Self.rebuild(machine, root: root) }

    static func rebuild(_ machine: TestMachine, root: URL) async throws -> RebuildReport {
        try await Rebuilder(
            root: root.path, routing: routing,
            environment: LedgerEnvironment(wall: machine.wall, boot: machine.boot(), sleep: machine.sleep),
            executor: try BlockingThread(name: "rebuild")
        ).run()
    }

    func recording(_ number: UInt32 = 1) async throws -> RecordingInfo { try await ledger.recording(named: "anna/\(number)") }

    func url(_ name: String) -> URL { root.appending(path: "recordings").appending(path: name) }

    /// The names in recordings/ and below it.
    func names(_ folder: String = "recordings") throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: root.appending(path: folder).path).filter { $0 != "lost+found" }.sorted()
    }

    func lost() throws -> [String] { try names("recordings/lost+found") }

    func bytes(of id: RecordingID) throws -> [UInt8] { Array(try Data(contentsOf: url("\(id).opus"))) }

    /// Lists, pulls, seals, and releases when the store says so.
    @discardableResult
    func pull(_ object: CardObject, answering answer: ReleaseAnswer? = .accepted) async throws -> SealOutcome {
        #expect(try await custody.plan(listed: [object.entry], released: []).contains(.pull(object.entry)))
        let outcome = try await transfer(object)
        if let answer, case .stored(_, true) = outcome { _ = try await custody.released(object.number, answer: answer) }
        return outcome
    }

    /// READ to the end in proven pieces, then seal.
    func transfer(_ object: CardObject, from start: UInt64? = nil) async throws -> SealOutcome {
        let offset = if let start { start } else { try await custody.begin(object.entry) }
        try await send(object.bytes[Int(offset)...], of: object)
        _ = try await custody.checkpoint(object.number, proven: true)
        return try await custody.seal(object.entry)
    }

    /// In notifications of 244 bytes.
    func send(_ bytes: ArraySlice<UInt8>, of object: CardObject) async throws {
        var rest = bytes
        while !rest.isEmpty {
            try await custody.append(Array(rest.prefix(244)), to: object.number)
            rest = rest.dropFirst(244)
        }
    }
}

/// A recording on a card.
struct CardObject {
    var number: UInt32 = 1
    var bytes: [UInt8]
    /// What the list says; nil: the truth.
    var lie: [UInt8]?

    init(number: UInt32 = 1, size: Int = 5000, seed: Int = 1) {
        self.number = number
        bytes = (0..<size).map { UInt8(truncatingIfNeeded: ($0 &* 7 &+ seed &* 13) ^ ($0 >> 8)) }
    }

    var digest: Digest {
        guard let digest = Digest(Array(SHA256.hash(data: bytes))) else { preconditionFailure("SHA-256 has 32 bytes") }
        return digest
    }

    var entry: ListedRecording {
        ListedRecording(
            number: number, size: UInt64(bytes.count), started: CardTime(.utc(TestMachine.morning), boot: 1), durationMilliseconds: 4100,
            kind: .memo, marks: 0, flags: .complete, firstEvent: 0, digestPrefix: lie ?? digest.prefix)
    }

    func with(lie: [UInt8]) -> CardObject {
        var copy = self
        copy.lie = lie
        return copy
    }
}
