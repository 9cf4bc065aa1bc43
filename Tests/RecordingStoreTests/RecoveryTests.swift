import Foundation
import Ledger
import RecordingStore
import Recordings
import TestSupport
import Testing

@Suite struct RecoveryTests {
    private let object = CardObject(size: 200_000)

    /// A world whose work on the object ended behind a step.
    private func interrupted(behind step: DurableStep) async throws -> StoreWorld {
        let cut = Cut(behind: step)
        let world = try await StoreWorld(observer: cut.observer)
        _ = try await world.custody.plan(listed: [object.entry], released: [])
        await #expect(throws: CustodyError.self) { _ = try await world.transfer(object) }
        #expect(cut.hasHappened, "the step was reached")
        return world
    }

    /// The next session ends with the card's bytes here, once, whatever was before.
    private func finish(_ world: StoreWorld) async throws {
        for step in try await world.custody.plan(listed: [object.entry], released: []) {
            switch step {
            case .pull: #expect(try await world.transfer(object) == .stored(object.digest, mayRelease: true))
            case .release(_, let digest, let size): #expect(digest == object.digest && size == UInt64(object.bytes.count))
            }
        }
        #expect(try await world.custody.released(1, answer: .accepted) == .done)
        let info = try await world.recording()
        #expect(info.state == .proven && info.others.isEmpty)
        #expect(try world.bytes(of: info.id) == object.bytes)
        #expect(try world.names() == ["\(info.id).json", "\(info.id).opus"])
        #expect(try world.lost().isEmpty)
        #expect(try await world.ledger.jobs().items.map(\.queue) == ["decode", "upload"])
        let stored = try await world.ledger.events(after: 0, EventFilter(types: ["recording.stored"])).items
        #expect(stored.count == 1)
    }

    @Test(arguments: DurableStep.ofPull)
    func afterAnEndBehindAnyStepTheNextStartGoesOn(step: DurableStep) async throws {
        let world = try await interrupted(behind: step).reopened()
        let info = try await world.recording()
        switch step {
        case .partSynchronised: #expect(info.state == .pulling && info.durable == 0)
        case .offsetCommitted, .reread, .sidecarWritten: #expect(info.state == .pulling && info.durable > 0)
        case .renamed, .folderSynchronised, .storedInLedger: #expect(info.state == .stored)
        case .journalSynchronised, .importBegun, .sidecarsRenewed: Issue.record("\(step) is no step of a pull")
        }
        try await finish(world)
    }

    @Test(arguments: [DurableStep.sidecarWritten, .renamed, .folderSynchronised, .storedInLedger])
    func recoveryItselfMayEndBehindAnyStep(step: DurableStep) async throws {
        let world = try await interrupted(behind: .renamed)
        let cut = Cut(behind: step)
        await #expect(throws: (any Error).self) { _ = try await world.reopened(observer: cut.observer) }
        #expect(cut.hasHappened)
        try await finish(try await StoreWorld(world.machine, root: world.root))
    }

    @Test(arguments: [DurableStep.partSynchronised, .offsetCommitted])
    func afterAFailedStepTheFileIsOpenedAgainAtTheCommittedOffset(step: DurableStep) async throws {
        let world = try await interrupted(behind: step)
        let committed = try await world.recording().durable
        await #expect(throws: CustodyError.self) { try await world.custody.append([1], to: 1) }
        #expect(try await world.custody.begin(object.entry) == committed)
        let part = world.url("\(try await world.recording().id).part")
        #expect(try FileManager.default.attributesOfItem(atPath: part.path)[.size] as? UInt64 == committed)
        try await finish(world)
    }

    // Each state of docs/custody.md, Recovery.

    /// A part of which `count` bytes are durable.
    private func partial(_ count: Int = 5000) async throws -> (world: StoreWorld, id: RecordingID) {
        let world = try await StoreWorld()
        _ = try await world.custody.plan(listed: [object.entry], released: [])
        _ = try await world.custody.begin(object.entry)
        try await world.send(object.bytes[..<count], of: object)
        #expect(try await world.custody.checkpoint(1, proven: true) == UInt64(count))
        return (world, try await world.recording().id)
    }

    @Test func aPartLongerThanTheOffsetIsCut() async throws {
        let (old, id) = try await partial()
        let handle = try FileHandle(forWritingTo: old.url("\(id).part"))
        try handle.seekToEnd()
        try handle.write(contentsOf: Data("not promised".utf8))
        try handle.close()
        let world = try await old.reopened()
        #expect(try Data(contentsOf: world.url("\(id).part")).count == 5000)
        try await finish(world)
    }

    @Test func aPartShorterThanTheOffsetSetsIt() async throws {
        let (old, id) = try await partial()
        try FileHandle(forWritingTo: old.url("\(id).part")).truncate(atOffset: 1000)
        let world = try await old.reopened()
        #expect(try await world.recording().durable == 1000)
        #expect(try await world.recording().proven == 1000)
        try await finish(world)
    }

    @Test func aRowWithoutAnyFileIsPulledFromTheStart() async throws {
        let (old, id) = try await partial()
        try FileManager.default.removeItem(at: old.url("\(id).part"))
        let world = try await old.reopened()
        #expect(try await world.recording().durable == 0)
        try await finish(world)
    }

    @Test func filesWithoutARowGoToLostAndFound() async throws {
        let (old, _) = try await partial()
        let stranger = RecordingID.make(at: old.machine.now)
        for name in ["\(stranger).part", "\(stranger).opus", "\(stranger).json", "notes.txt"] {
            try Data("x".utf8).write(to: old.url(name))
        }
        try FileManager.default.createDirectory(at: old.url("lost+found"), withIntermediateDirectories: true)
        try Data("earlier".utf8).write(to: old.url("lost+found/\(stranger).part"))
        let world = try await old.reopened()
        #expect(try world.lost() == ["\(stranger).json", "\(stranger).opus", "\(stranger).part", "\(stranger).part.2"].sorted())
        #expect(try Data(contentsOf: world.url("lost+found/\(stranger).part")) == Data("earlier".utf8))
        #expect(try world.names().contains("notes.txt"), "what was never ours is left alone")
    }

    @Test func aStoredRecordingWithoutItsFileIsMissingAndReadAgain() async throws {
        let old = try await StoreWorld()
        try await old.pull(object)
        let id = try await old.recording().id
        try FileManager.default.removeItem(at: old.url("\(id).opus"))
        let world = try await old.reopened()
        #expect(try await world.recording().state == .missing)
        #expect(try await world.ledger.audit().unexplained == 1)
        #expect(try await world.ledger.events(after: 0, EventFilter(types: ["recording.missing"])).items.count == 1)
        #expect(Set(try await world.ledger.jobs().items.map(\.state)) == [.held])
        await #expect(throws: StoreError.self) { try await world.files.open(id) }
        // The card still holds it, released.
        #expect(try await world.custody.plan(listed: [], released: [object.entry]) == [.pull(object.entry)])
        #expect(try await world.transfer(object) == .stored(object.digest, mayRelease: true))
        #expect(try await world.custody.released(1, answer: .accepted) == .done)
        #expect(try await world.recording().state == .proven)
        #expect(try world.bytes(of: id) == object.bytes)
        #expect(try await world.ledger.audit().unexplained == 0)
        #expect(Set(try await world.ledger.jobs().items.map(\.state)) == [.ready])
    }

    @Test func whatWasLostHereIsNotExplainedByTheCard() async throws {
        let old = try await StoreWorld()
        try await old.pull(object)
        try FileManager.default.removeItem(at: old.url("\(try await old.recording().id).opus"))
        let world = try await old.reopened()
        let deleted = CardEvent(number: 1, time: CardTime(.utc(TestMachine.morning), boot: 1), what: .deletedByUser(1))
        _ = try await world.custody.commit(events: [deleted], received: world.machine.now)
        #expect(try await world.custody.plan(listed: [], released: []).isEmpty)
        #expect(try await world.recording().state == .missing)
        #expect(try await world.ledger.audit().unexplained == 1)
    }

    @Test func aStoredRecordingOfTheWrongLengthIsMissingAndItsFileKept() async throws {
        let old = try await StoreWorld()
        try await old.pull(object)
        let id = try await old.recording().id
        try FileHandle(forWritingTo: old.url("\(id).opus")).truncate(atOffset: 10)
        let world = try await old.reopened()
        #expect(try await world.recording().state == .missing)
        #expect(try world.lost() == ["\(id).opus"])
    }

    @Test func aMissingFileThatComesBackIsFound() async throws {
        let old = try await StoreWorld()
        try await old.pull(object)
        let id = try await old.recording().id
        let aside = old.machine.folder.appending(path: "aside")
        try FileManager.default.moveItem(at: old.url("\(id).opus"), to: aside)
        let without = try await old.reopened()
        #expect(try await without.recording().state == .missing)
        try FileManager.default.moveItem(at: aside, to: old.url("\(id).opus"))
        let world = try await without.reopened()
        #expect(try await world.recording().state == .stored)
        let file = try await world.files.open(id)
        #expect(try await file.read(at: 0, upTo: 10) == Array(object.bytes[..<10]))
    }

    @Test func aPartBesideAFinalFileWithoutStoredIsSetAside() async throws {
        let world = try await interrupted(behind: .renamed)
        let id = try await world.recording().id
        try Data("second".utf8).write(to: world.url("\(id).part"))
        let again = try await world.reopened()
        #expect(try again.lost() == ["\(id).part"])
        #expect(try await again.recording().state == .stored)
        #expect(try again.bytes(of: id) == object.bytes)
    }

    @Test func aDamagedFinalFileWithoutStoredIsSetAsideAndPulledAgain() async throws {
        let world = try await interrupted(behind: .renamed)
        let id = try await world.recording().id
        let handle = try FileHandle(forWritingTo: world.url("\(id).opus"))
        try handle.write(contentsOf: Data([0xFF, 0xFF, 0xFF]))
        try handle.close()
        let again = try await world.reopened()
        #expect(try again.lost() == ["\(id).opus"])
        #expect(try await again.recording().durable == 0)
        #expect(try await again.ledger.jobs().items.isEmpty)
        _ = try await again.custody.plan(listed: [object.entry], released: [])
        #expect(try await again.transfer(object) == .stored(object.digest, mayRelease: true))
    }

    @Test func aLostSidecarIsWrittenAgain() async throws {
        let old = try await StoreWorld()
        try await old.pull(object)
        let id = try await old.recording().id
        try FileManager.default.removeItem(at: old.url("\(id).json"))
        try Data("half".utf8).write(to: old.url(".\(id).json.new"))
        let world = try await old.reopened()
        #expect(try world.names() == ["\(id).json", "\(id).opus"])
    }
}
