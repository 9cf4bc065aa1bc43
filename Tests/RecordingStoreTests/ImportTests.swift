import Bytes
import Foundation
import Ledger
import RecordingStore
import Recordings
import Synchronization
import TestSupport
import Testing

@Suite struct ImportTests {
    /// A whole file that is Ogg Opus by its head.
    static func file(_ count: Int = 200_000, seed: Int = 1) -> [UInt8] {
        let head = Array("OggS".utf8) + [UInt8](repeating: 0, count: 22) + [1, 19] + Array("OpusHead".utf8)
        return head + CardObject(size: count - head.count, seed: seed).bytes
    }

    private static func digest(_ bytes: [UInt8]) -> Digest {
        var object = CardObject()
        object.bytes = bytes
        return object.digest
    }

    @discardableResult
    static func bring(
        _ bytes: [UInt8], to world: StoreWorld, as name: String = "meeting.opus", holder: HolderID? = nil, announcing digest: Digest? = nil
    ) async throws -> (recording: RecordingInfo, isNew: Bool) {
        let sha256 = digest ?? Self.digest(bytes)
        let writer = try await world.files.receiveImport(size: UInt64(bytes.count))
        do {
            for start in stride(from: 0, to: bytes.count, by: 60_000) {
                try await writer.write(Array(bytes[start..<min(bytes.count, start + 60_000)]))
            }
        } catch {
            await writer.abandon()
            throw error
        }
        return try await writer.finish(
            ImportWriter.Description(sha256: sha256) { format in
                ImportClaim(
                    sha256: sha256, size: UInt64(bytes.count), format: format, file: ForeignText(name), kind: .call, holder: holder,
                    started: ImportClaim.Start(TestMachine.morning, .name))
            })
    }

    /// Held once, with its jobs, its sidecar and its event, and nothing lies about.
    ///
    /// - Parameter isTold: the journal was not lost with its last half second.
    private static func expectWhole(
        _ bytes: [UInt8], in world: StoreWorld, isTold: Bool = true, sourceLocation: SourceLocation = #_sourceLocation
    ) async throws {
        let found = try await world.ledger.recording(with: digest(bytes))
        let info = try #require(found, sourceLocation: sourceLocation)
        #expect(info.state == .proven && info.isHeld && info.isCurrent, sourceLocation: sourceLocation)
        #expect(info.ref == "import/1" && info.origin?.format == .opus && info.origin?.startedFrom == .name, sourceLocation: sourceLocation)
        #expect(info.clock == .estimated && info.kind == .call, sourceLocation: sourceLocation)
        #expect(try world.bytes(of: info.id) == bytes, sourceLocation: sourceLocation)
        #expect(try world.names().filter { $0 != ".import" } == ["\(info.id).json", "\(info.id).opus"], sourceLocation: sourceLocation)
        #expect(try world.lost().isEmpty, sourceLocation: sourceLocation)
        #expect(try await world.ledger.jobs().items.map(\.queue) == ["decode", "upload"], sourceLocation: sourceLocation)
        let stored = try await world.ledger.events(after: 0, EventFilter(types: ["recording.stored"])).items
        #expect(stored.map(\.recording) == [info.id] || !isTold, sourceLocation: sourceLocation)
        let audit = try await world.ledger.audit()
        #expect(audit.unexplained == 0 && audit.cards.first { $0.name == "import" }?.held == 1, sourceLocation: sourceLocation)
    }

    @Test func aFileBecomesARecording() async throws {
        let world = try await StoreWorld()
        let (recording, isNew) = try await Self.bring(Self.file(), to: world)
        #expect(isNew)
        #expect(recording.key.hasPrefix("files.") && recording.key.hasSuffix("/00000001/r1"))
        try await Self.expectWhole(Self.file(), in: world)
        let receipt = try await world.ledger.receipt(of: "import/1")
        #expect(receipt.missing.map(\.what) == ["No destination confirmed it yet."] && receipt.listed == nil && receipt.release == nil)
        // It is no card, whatever its row looks like.
        #expect(try await world.ledger.cards(withForgotten: true).map(\.name) == ["anna"])
        #expect(try await world.ledger.status().cards == 1)
        #expect(try await world.ledger.recordings(RecordingFilter(card: try await world.ledger.source(named: "import"))).items.count == 1)
        await #expect(throws: LedgerError.self) { try await world.ledger.card(named: "import") }
        await #expect(throws: LedgerError.self) { try await world.ledger.assign(recording.card, to: nil, from: TestMachine.morning) }
    }

    @Test func theSameBytesAreTheSameRecording() async throws {
        let world = try await StoreWorld()
        let first = try await Self.bring(Self.file(), to: world)
        let again = try await Self.bring(Self.file(), to: world, as: "another name.wav")
        #expect(!again.isNew && again.recording.id == first.recording.id && again.recording.origin?.file.raw == "meeting.opus")
        try await Self.expectWhole(Self.file(), in: world)
        // What a card brought is not brought again either.
        let object = CardObject(size: 3000)
        var opus = object
        opus.bytes = Self.file(3000, seed: 9)
        try await world.pull(opus)
        let known = try await Self.bring(opus.bytes, to: world)
        #expect(!known.isNew && known.recording.ref == "anna/1")
    }

    @Test func manyAtOnceAreOne() async throws {
        let world = try await StoreWorld()
        let bytes = Self.file(70_000)
        let results = try await withThrowingTaskGroup(of: (RecordingInfo, Bool).self) { group in
            for number in 0..<12 { group.addTask { try await Self.bring(bytes, to: world, as: "\(number).opus") } }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(results.count { $0.1 } == 1 && Set(results.map(\.0.id)).count == 1)
        #expect(try world.names().count == 2)
        // And different ones at once are as many.
        let others = try await withThrowingTaskGroup(of: RecordingInfo.self) { group in
            for number in 2..<10 { group.addTask { try await Self.bring(Self.file(5000, seed: number), to: world).recording } }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(Set(others.map(\.number)) == Set(2...9))
    }

    @Test func whatIsNotAsAnnouncedIsRefused() async throws {
        let world = try await StoreWorld()
        await #expect(throws: StoreError.self) { try await Self.bring(Self.file(), to: world, announcing: CardObject().digest) }
        await #expect(throws: StoreError.notAudio("This is text.")) { try await Self.bring(Array("hello".utf8), to: world) }
        await #expect(throws: StoreError.notAudio("This is no kind of file that is known here.")) {
            try await Self.bring([UInt8](repeating: 0, count: 9000), to: world)
        }
        await #expect(throws: StoreError.self) { _ = try await world.files.receiveImport(size: Limits.importBytes + 1) }
        #expect(try world.names().isEmpty)
        #expect(try await world.ledger.recordings().items.isEmpty)
        let full = try await world.reopened(reserve: .max / 2)
        await #expect(throws: StoreError.self) { _ = try await full.files.receiveImport(size: 1) }
    }

    /// The folder as it was behind a step: what an end of the process leaves.
    private static func crash(behind step: DurableStep, _ bytes: [UInt8]) async throws -> TestMachine {
        let machine = try TestMachine()
        let copy = machine.folder
        let source = Mutex<URL?>(nil)
        let observer: StepObserver = { done in
            guard done == step, let root = source.withLock({ $0 }) else { return }
            for name in try FileManager.default.contentsOfDirectory(atPath: root.path) {
                try FileManager.default.copyItem(at: root.appending(path: name), to: copy.appending(path: name))
            }
        }
        let world = try await StoreWorld(observer: observer)
        try await world.files.copy()
        source.withLock { $0 = world.root }
        try await bring(bytes, to: world)
        #expect(try FileManager.default.contentsOfDirectory(atPath: copy.path).contains("ledger.sqlite"), "the step was reached")
        return machine
    }

    @Test(arguments: DurableStep.ofImport, [false, true])
    func afterAnEndBehindAnyStepItIsHereOnce(step: DurableStep, isBroughtAgain: Bool) async throws {
        let bytes = Self.file()
        let world = try await StoreWorld(try await Self.crash(behind: step, bytes))
        // All of it was durable: the next start ends what was begun, also when nobody brings the file again.
        try await Self.expectWhole(bytes, in: world)
        if isBroughtAgain {
            #expect(try await Self.bring(bytes, to: world).isNew == false)
            try await Self.expectWhole(bytes, in: world)
        }
    }

    @Test(arguments: DurableStep.ofImport)
    func aLedgerThatIsLostBehindAnyStepIsMadeAnew(step: DurableStep) async throws {
        let bytes = Self.file()
        let machine = try await Self.crash(behind: step, bytes)
        for end in ["", "-wal", "-shm"] { try? FileManager.default.removeItem(atPath: machine.path("ledger.sqlite\(end)")) }
        _ = try await StoreWorld.rebuild(machine, root: machine.folder)
        let world = try await StoreWorld(machine)
        let again = try await Self.bring(bytes, to: world)
        #expect(!again.isNew)
        try await Self.expectWhole(bytes, in: world, isTold: false)
    }

    /// A body that was cut, and a part of another import: swept by the next start.
    @Test func whatDidNotArriveIsCleared() async throws {
        let world = try await StoreWorld()
        let writer = try await world.files.receiveImport(size: 5000)
        try await writer.write(Array(Self.file(5000).prefix(4000)))
        #expect(try world.names().count == 1)
        let next = try await world.reopened()
        #expect(try next.names().isEmpty && next.lost().isEmpty)
    }

    @Test func aLostFileTakesItsPlaceAgainWhenItIsBroughtAgain() async throws {
        let world = try await StoreWorld()
        let id = try await Self.bring(Self.file(), to: world).recording.id
        try FileManager.default.removeItem(at: world.url("\(id).opus"))
        let next = try await world.reopened()
        #expect(try await next.ledger.recording(id).state == .missing)
        let again = try await Self.bring(Self.file(), to: next)
        #expect(!again.isNew && again.recording.id == id)
        try await Self.expectWhole(Self.file(), in: next)
    }

    @Test func itBelongsToWhomItWasSaidToBeOf() async throws {
        let world = try await StoreWorld()
        let anna = try await world.ledger.addHolder(handle: "anna@example.com", name: "Anna", groups: [])
        let recording = try await Self.bring(Self.file(), to: world, holder: anna.id).recording
        try await Self.bring(Self.file(seed: 2), to: world)
        #expect(recording.holder?.handle == "anna@example.com")
        #expect(try await world.ledger.recordings(RecordingFilter(holder: anna.id)).items.map(\.id) == [recording.id])
        #expect(try await world.ledger.audit(AuditScope(holder: anna.id)).cards.map(\.held) == [1])
        let events = try await world.ledger.events(after: 0, EventFilter(types: ["recording.stored"], holder: anna.id)).items
        #expect(events.map(\.recording) == [recording.id] && events.first?.holder?.handle == "anna@example.com")
    }
}
