import Foundation
import Ledger
import Logging
import RecordingStore
import Recordings
import TestSupport
import Testing

/// The ledger is deleted and made anew from the files beside it.
@Suite struct RebuildTests {
    private let first = CardObject(number: 1, size: 5000, seed: 1)
    private let second = CardObject(number: 2, size: 6000, seed: 2)
    private let third = CardObject(number: 3, size: 7000, seed: 3)
    private let sixth = CardObject(number: 6, size: 4000, seed: 6)

    /// A life of the card anna: one recording delivered, one stored, one half pulled, one deleted on the card, one disputed, one number that nobody
    /// ever saw, presses with their jobs, a holder, a mended clock.
    private func lived() async throws -> StoreWorld {
        let world = try await StoreWorld()
        let card = world.custody.card
        let holder = try await world.ledger.addHolder(handle: "anna@example.com", name: "Anna \"A\" Ärger", groups: ["ward 3", "nights"])
        try await world.ledger.assign(card, to: holder.id, from: TestMachine.morning.advanced(by: -3_600_000))
        try await world.custody.note(lastEvent: 7, acknowledgedByAnyone: 2)
        _ = try await world.custody.commit(
            events: [
                CardEvent(number: 3, time: CardTime(.sincePowerOn(milliseconds: 1000), boot: 2), what: .poweredOn),
                CardEvent(
                    number: 4, time: CardTime(.utc(TestMachine.morning), boot: 2), what: .button(.assistant, .double, recording: nil, offset: 0)),
                CardEvent(number: 7, time: CardTime(.utc(TestMachine.morning), boot: 2), what: .deletedByUser(4)),
            ], received: world.machine.now)
        try await world.custody.mend(by: ClockReading(boot: 2, powerOn: TestMachine.morning))
        try await world.pull(first)
        try await world.pull(second, answering: nil)
        try await deliver(world)
        // Disputed: two pulls agree with each other and not with the list.
        let lying = sixth.with(lie: [1, 2, 3, 4, 5, 6, 7, 8])
        _ = try await world.custody.plan(listed: [first.entry, second.entry, third.entry, lying.entry], released: [])
        for _ in 0..<2 { _ = try await world.transfer(lying) }
        _ = try await world.custody.begin(third.entry)
        try await world.send(third.bytes[..<3000], of: third)
        _ = try await world.custody.checkpoint(3, proven: true)
        return world
    }

    /// Works on the jobs of anna/1: one result with annotation and artifact, one delivery. The job of anna/2 stays leased.
    private func deliver(_ world: StoreWorld) async throws {
        let decode = try #require(try await world.ledger.claim("decode", max: 1, for: .seconds(60), worker: "test").first)
        let artifact = CardObject(size: 300, seed: 9)
        let writer = try await world.files.receiveArtifact(size: 300)
        try await writer.write(artifact.bytes)
        let claim = ArtifactClaim(sha256: artifact.digest, size: 300, type: "audio/wav")
        try await writer.finish(as: "audio.wav", claim, for: decode.job.id, token: decode.token)
        var decoded = JobResult()
        decoded.annotations = ["audio": JSONText(#"{"text":"\"quoted\" \u0001 ümlaut"}"#)]
        decoded.artifacts = ["audio.wav": claim]
        _ = try await world.ledger.finish(Completion(job: decode.job.id, token: decode.token, result: decoded))
        let upload = try #require(try await world.ledger.claim("upload", max: 1, for: .seconds(60), worker: "test").first)
        var delivered = JobResult()
        delivered.delivery = DeliveryClaim(destination: "archive", object: "anna/1.opus", sha256: first.digest, size: UInt64(first.bytes.count))
        _ = try await world.ledger.finish(Completion(job: upload.job.id, token: upload.token, result: delivered))
        _ = try await world.ledger.claim("decode", max: 1, for: .seconds(60), worker: "test")
    }

    /// Rows as they will be without the lease of that one job.
    private func dump(_ world: StoreWorld) throws -> LedgerDump {
        var dump = try LedgerDump(world.machine.path("ledger.sqlite"))
        dump.tables["job"] = dump.tables["job"]?.map { row in
            row.replacing(#/ lease=\S+/#, with: "").replacing("state=\"leased\"", with: "state=\"ready\"").replacing(#/ attempt=\d+/#, with: "")
                .replacing(#/ (lease|worker)=NULL/#, with: "")
        }
        return dump
    }

    /// The report, and the world as the next start finds it.
    private func rebuild(_ world: StoreWorld) async throws -> (report: RebuildReport, world: StoreWorld) {
        let report = try await world.rebuild()
        return (report, try await StoreWorld(world.machine, root: world.root))
    }

    @Test func everythingComesBack() async throws {
        let old = try await lived()
        try await old.files.copy()
        let before = try dump(old)
        let (audit, why) = (try await old.ledger.audit(), try await old.ledger.why("anna/1"))
        try await old.loseLedger()
        let report = try await old.rebuild()
        #expect(report.problems.isEmpty, "\(report.problems)")
        #expect(report.outcome.enqueued == 0)
        #expect(report.count("recording") == 5 && report.outcome.held.count == 3, "\(report.text)")
        #expect(report.text.contains("the log of accesses (who listened"), "\(report.text)")
        #expect(try dump(old).differences(from: before) == [])
        let world = try await StoreWorld(old.machine, root: old.root)
        #expect(try await world.ledger.uncopied(.everything).marks.count <= 4, "only what the rebuild itself and the session said")
        #expect(try await world.ledger.audit() == audit)
        #expect(try await world.ledger.why("anna/1") == why)
        #expect(try world.lost().isEmpty)
        #expect(try world.names("artifacts").count == 1)
        // The card lists what it listed: only the half comes on, from where it was, and nothing is numbered twice.
        let steps = try await world.custody.plan(
            listed: [first.entry, second.entry, third.entry, sixth.with(lie: [1, 2, 3, 4, 5, 6, 7, 8]).entry], released: [])
        #expect(steps.contains(.pull(third.entry)) && steps.contains { $0 == .release(number: 2, digest: second.digest, size: 6000) })
        #expect(steps.count == 2 + (steps.contains { if case .release(1, _, _) = $0 { true } else { false } } ? 1 : 0), "\(steps)")
        #expect(try await world.custody.begin(third.entry) == 3000)
        #expect(try await world.transfer(third, from: 3000) == .stored(third.digest, mayRelease: true))
        let events = try await world.ledger.events(after: 0, limit: 500).items
        #expect(Set(events.map(\.sequence)).count == events.count)
        let highest = try #require(before.tables["event"]).count
        #expect(try #require(events.last).sequence > highest)
        #expect(try await world.ledger.claim("upload", max: 10, for: .seconds(60), worker: "test").map(\.recording?.number) == [2, 3])
    }

    @Test func theJournalAloneTellsAll() async throws {
        let old = try await lived()
        try await old.files.copy()
        var before = try dump(old)
        // Histories of held recordings stand in their sidecars.
        before.tables["step"] = nil
        try await old.loseLedger()
        for name in try old.names() where name.hasSuffix(".json") { try FileManager.default.removeItem(at: old.url(name)) }
        try FileManager.default.removeItem(at: old.root.appending(path: "cards.json"))
        let report = try await old.rebuild()
        #expect(report.problems.count == 1 && report.problems[0].hasPrefix("cards.json: not there"), "\(report.problems)")
        var after = try dump(old)
        after.tables["step"] = nil
        #expect(after.differences(from: before) == [])
        let world = try await StoreWorld(old.machine, root: old.root)
        try await world.files.copy()
        #expect(try world.names().count { $0.hasSuffix(".json") } == 3, "the sidecars are there again")
        #expect(FileManager.default.fileExists(atPath: world.root.appending(path: "cards.json").path))
    }

    @Test func theSidecarsAloneTellOfRecordingsAndDeliveries() async throws {
        let old = try await lived()
        try await old.files.copy()
        let before = try dump(old)
        try await old.loseLedger()
        try FileManager.default.removeItem(at: old.root.appending(path: "journal"))
        let (report, world) = try await rebuild(old)
        #expect(report.problems.contains { $0.hasPrefix("journal/: not there") }, "\(report.problems)")
        #expect(report.outcome.enqueued == 4, "decode and upload for anna/2 and the disputed anna/6; anna/1 is delivered")
        let after = try dump(world)
        for table in ["gateway", "card", "holder", "carry", "artifact", "delivery"] { #expect(after.tables[table] == before.tables[table]) }
        #expect(try await world.recording(1).state == .proven)
        #expect(try await world.ledger.deliveries(of: try await world.recording(1).id).count == 1)
        #expect(try await world.recording(2).state == .stored)
        #expect(try world.lost().count { $0.hasSuffix(".part") } == 1, "nothing tells whose half it is: kept, and pulled again")
        #expect(try await world.ledger.claim("upload", max: 10, for: .seconds(60), worker: "test").map(\.recording?.number) == [2])
        // The journal is whole again.
        try await world.files.copy()
        let whole = try dump(world)
        try await world.loseLedger()
        try FileManager.default.removeItem(at: world.root.appending(path: "cards.json"))
        for name in try world.names() where name.hasSuffix(".json") { try FileManager.default.removeItem(at: world.url(name)) }
        _ = try await world.rebuild()
        for table in ["card", "delivery", "recording", "artifact"] { #expect(try dump(world).tables[table] == whole.tables[table], "\(table)") }
    }

    @Test(arguments: [0, 1, 7, 40]) func aTornTailOfTheJournalIsCut(_ kept: Int) async throws {
        let old = try await lived()
        try await old.files.copy()
        let before = try dump(old)
        try await old.loseLedger()
        let segment = old.root.appending(path: "journal/00000001.log")
        let whole = try Data(contentsOf: segment)
        // A line that a power cut let through in part, or blocks that were given to the file and never written.
        let torn = kept == 0 ? Data(count: 4096) : Data(whole.suffix(200).prefix(kept))
        try (whole + torn).write(to: segment)
        let report = try await old.rebuild()
        #expect(report.problems.isEmpty, "\(report.problems)")
        #expect(try dump(old).differences(from: before) == [])
        // The next start cuts it and goes on behind the last whole line.
        let world = try await StoreWorld(old.machine, root: old.root)
        _ = try await world.custody.commit(
            events: [CardEvent(number: 8, time: CardTime(.utc(TestMachine.morning), boot: 2), what: .batteryLow)], received: world.machine.now)
        let now = try Data(contentsOf: segment)
        #expect(now.prefix(whole.count) == whole && now.count > whole.count)
        for line in now.split(separator: 0x0A) { #expect(line.dropFirst(8).first == 0x20) }
    }

    @Test func aDamagedLineIsNamedAndTheRestCounts() async throws {
        let old = try await lived()
        try await old.files.copy()
        try await old.loseLedger()
        let segment = old.root.appending(path: "journal/00000001.log")
        var text = try Data(contentsOf: segment)
        let position = try #require(text.range(of: Data("card.powered_on".utf8))?.lowerBound)
        text[position] ^= 1
        try text.write(to: segment)
        let report = try await old.rebuild()
        #expect(report.problems.count == 1 && report.problems[0].contains("00000001.log: the line at byte"), "\(report.problems)")
        #expect(report.count("event") > 5)
    }

    @Test func aMissingSidecarIsToldByTheJournal() async throws {
        let old = try await lived()
        try await old.files.copy()
        let id = try await old.recording(1).id
        try await old.loseLedger()
        try FileManager.default.removeItem(at: old.url("\(id).json"))
        let (report, world) = try await rebuild(old)
        #expect(report.problems.isEmpty, "\(report.problems)")
        #expect(try await world.recording(1).state == .proven)
        #expect(try world.names().contains("\(id).json"))
    }

    @Test func aDamagedSidecarIsNamedAndSetAside() async throws {
        let old = try await lived()
        try await old.files.copy()
        let id = try await old.recording(1).id
        try await old.loseLedger()
        // Still JSON, still sixty-four digits.
        let text = try String(contentsOf: old.url("\(id).json"), encoding: .utf8)
        let digest = first.digest.description
        let damaged = text.replacing(digest, with: String(digest.reversed()))
        try damaged.write(to: old.url("\(id).json"), atomically: false, encoding: .utf8)
        let (report, world) = try await rebuild(old)
        #expect(report.problems == ["recordings/\(id).json: its checksum is wrong; the next start sets it aside"])
        #expect(try await world.recording(1).sha256 == first.digest)
        #expect(try world.lost() == ["\(id).json"])
        #expect(try String(contentsOf: world.url("lost+found/\(id).json"), encoding: .utf8) == damaged)
        try await world.files.copy()
        #expect(try String(contentsOf: world.url("\(id).json"), encoding: .utf8).contains(digest))
    }

    @Test func whatIsNotOursIsNamedAndLeftAlone() async throws {
        let old = try await lived()
        try await old.files.copy()
        try await old.loseLedger()
        let other = try await lived()
        try await other.files.copy()
        let foreign = try await other.recording(1).id
        for end in ["json", "opus"] { try FileManager.default.copyItem(at: other.url("\(foreign).\(end)"), to: old.url("\(foreign).\(end)")) }
        try Data("hello".utf8).write(to: old.url("notes.txt"))
        let unknown = RecordingID.make(at: old.machine.now)
        try Data("hello".utf8).write(to: old.url("\(unknown).opus"))
        let report = try await old.rebuild()
        #expect(report.problems.contains { $0.hasPrefix("recordings/\(foreign).json: of another gateway, gw_") }, "\(report.problems)")
        #expect(report.problems.contains("recordings/notes.txt: no file of Earshot's; left alone"))
        #expect(report.problems.contains("recordings/\(unknown).opus: nothing tells what it is; the next start moves it to lost+found"))
        #expect(report.count("recording") == 5)
        #expect(try old.names().contains("notes.txt"))
    }

    @Test func aLostFileIsSaidAndReadAgain() async throws {
        let old = try await lived()
        try await old.files.copy()
        let id = try await old.recording(2).id
        try await old.loseLedger()
        try FileManager.default.removeItem(at: old.url("\(id).opus"))
        let (report, world) = try await rebuild(old)
        #expect(report.problems.map { $0.prefix(60).contains("\(id).opus: is gone") } == [true], "\(report.problems)")
        #expect(try await world.recording(2).state == .missing)
        #expect(try await world.custody.plan(listed: [second.entry], released: []).contains(.pull(second.entry)))
    }

    @Test func itIsRefusedWhereItCouldDoHarm() async throws {
        let empty = try TestMachine()
        await #expect(throws: Rebuilder.Refusal.self) { try await StoreWorld.rebuild(empty, root: empty.folder) }
        let world = try await lived()
        try await world.files.copy()
        await #expect(throws: Rebuilder.Refusal.self) { try await world.rebuild() }
        try await world.loseLedger()
        try Data().write(to: world.root.appending(path: "ledger.sqlite-wal"))
        await #expect(throws: Rebuilder.Refusal.self) { try await world.rebuild() }
        try FileManager.default.removeItem(at: world.root.appending(path: "ledger.sqlite-wal"))
        // Recordings whose card nothing tells of: refused, and nothing is made.
        let aside = world.machine.folder.appending(path: "aside")
        try FileManager.default.createDirectory(at: aside, withIntermediateDirectories: true)
        for name in ["journal", "cards.json"] {
            try FileManager.default.moveItem(at: world.root.appending(path: name), to: aside.appending(path: name))
        }
        await #expect(throws: LedgerError.self) { try await world.rebuild() }
        #expect(try FileManager.default.contentsOfDirectory(atPath: world.root.path).allSatisfy { !$0.hasPrefix("ledger") })
        try FileManager.default.moveItem(at: aside.appending(path: "cards.json"), to: world.root.appending(path: "cards.json"))
        #expect(try await world.rebuild().outcome.held.count == 3)
    }

    @Test(arguments: DurableStep.ofPull, [true, false])
    func aLedgerThatIsLostBehindAnyStepOfAPull(_ step: DurableStep, isCopied: Bool) async throws {
        let object = CardObject(size: 200_000)
        let cut = Cut(behind: step)
        let old = try await StoreWorld(observer: cut.observer)
        _ = try await old.custody.plan(listed: [object.entry], released: [])
        if isCopied { try await old.files.copy() }
        await #expect(throws: CustodyError.self) { _ = try await old.transfer(object) }
        #expect(cut.hasHappened)
        try await old.loseLedger()
        let (_, world) = try await rebuild(old)
        for next in try await world.custody.plan(listed: [object.entry], released: []) {
            if case .pull = next { #expect(try await world.transfer(object) == .stored(object.digest, mayRelease: true)) }
        }
        #expect(try await world.custody.released(1, answer: .accepted) == .done)
        let info = try await world.recording()
        #expect(info.state == .proven && info.others.isEmpty)
        #expect(try world.bytes(of: info.id) == object.bytes)
        #expect(try await world.ledger.jobs().items.map(\.queue) == ["decode", "upload"])
        #expect(try await world.ledger.audit().unexplained == 0)
        // Only a part that no file told of is set aside; what was whole is never READ again.
        let parts = try world.lost()
        #expect(parts.isEmpty || (!isCopied && step.rawValue <= DurableStep.reread.rawValue), "\(parts)")
    }

    @Test func nothingIsAcknowledgedBeforeTheJournalHasIt() async throws {
        let cut = Cut(behind: nil)
        let old = try await StoreWorld(observer: cut.observer)
        let event = CardEvent(number: 1, time: CardTime(.utc(TestMachine.morning), boot: 1), what: .button(.side, .press, recording: nil, offset: 0))
        cut.arm(behind: .journalSynchronised)
        await #expect(throws: CustodyError.self) { _ = try await old.custody.commit(events: [event], received: old.machine.now) }
        #expect(cut.hasHappened)
        // The ledger has it; the next session asks the journal again before it says so, and a full journal is no obstacle.
        cut.arm(behind: .journalSynchronised)
        await #expect(throws: CustodyError.self) { _ = try await old.custody.open(old.generation) }
        #expect(try await old.custody.open(old.generation) == 1)
        let before = try #require(try dump(old).tables["event"])
        try await old.loseLedger()
        let (_, world) = try await rebuild(old)
        #expect(try dump(world).tables["event"] == before)
        #expect(try await world.custody.open(world.generation) == 1)
    }

    @Test func theJournalIsCutIntoSegments() async throws {
        let world = try await StoreWorld()
        let text = JSONText("\"" + String(repeating: "a long transcript ", count: 100_000) + "\"")
        try await world.pull(first)
        let id = try await world.recording().id
        for _ in 0..<6 { _ = try await world.ledger.annotate(id, name: "transcript", value: text, by: "test") }
        try await world.files.copy()
        for _ in 0..<2 { _ = try await world.ledger.annotate(id, name: "transcript", value: text, by: "test") }
        try await world.files.copy()
        let segments = try world.names("journal")
        #expect(segments == (1...segments.count).map { "0000000\($0).log" } && segments.count > 1, "\(segments)")
        for name in segments {
            let size = try FileManager.default.attributesOfItem(atPath: world.root.path + "/journal/" + name)[.size] as? Int
            #expect(try #require(size) < 16 << 20)
        }
        let before = try dump(world)
        try await world.loseLedger()
        #expect(try await world.rebuild().problems == [])
        #expect(try dump(world).differences(from: before) == [])
        try await world.loseLedger()
        try FileManager.default.removeItem(atPath: world.root.path + "/journal/" + segments[0])
        #expect(try await world.rebuild().problems.contains("journal/\(segments[1]): 1 before it are not there; what only they told is lost"))
    }

    @Test func aRebuildThatWasCutOffBeginsAnew() async throws {
        let old = try await lived()
        try await old.files.copy()
        try await old.loseLedger()
        for end in ["", "-journal", "-staged"] { try Data("half".utf8).write(to: old.root.appending(path: "ledger.rebuilding" + end)) }
        #expect(try await old.rebuild().problems == [])
        #expect(try FileManager.default.contentsOfDirectory(atPath: old.root.path).filter { $0.hasPrefix("ledger") } == ["ledger.sqlite"])
    }
}
