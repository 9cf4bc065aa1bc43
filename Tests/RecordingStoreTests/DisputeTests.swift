import Ledger
import RecordingStore
import Recordings
import TestSupport
import Testing

/// A digest on which card and gateway do not agree.
@Suite struct DisputeTests {
    private let lie: [UInt8] = [1, 2, 3, 4, 5, 6, 7, 8]

    @Test func whatWasNotProvenIsReadAgainFirst() async throws {
        let world = try await StoreWorld()
        let object = CardObject()
        _ = try await world.custody.plan(listed: [object.entry], released: [])
        _ = try await world.custody.begin(object.entry)
        try await world.send(object.bytes[..<3000], of: object)
        _ = try await world.custody.checkpoint(1, proven: true)
        try await world.send([UInt8](repeating: 0, count: 2000)[...], of: object)
        #expect(try await world.custody.seal(object.entry) == .differs(resumeAt: 3000))
        #expect(try world.names().map { $0.suffix(5) } == [".part"], "nothing was renamed")
        #expect(try await world.ledger.jobs().items.isEmpty, "nothing was enqueued")
        #expect(try await world.transfer(object, from: 3000) == .stored(object.digest, mayRelease: true))
        #expect(try world.bytes(of: try await world.recording().id) == object.bytes)
    }

    @Test func twoWholePullsThatAgreeAgainstTheListAreKeptAndNeverReleased() async throws {
        let world = try await StoreWorld()
        let object = CardObject().with(lie: lie)
        #expect(try await world.pull(object) == .differs(resumeAt: 0))
        #expect(try await world.transfer(object, from: 0) == .setAside)
        let info = try await world.recording()
        #expect(info.state == .disputed)
        #expect(try world.bytes(of: info.id) == object.bytes)
        #expect(try await world.custody.plan(listed: [object.entry], released: []).isEmpty)
        #expect(Set(try await world.ledger.jobs().items.map(\.state)) == [.held])
        #expect(try await world.ledger.events(after: 0, EventFilter(types: ["recording.*"])).items.map(\.type) == ["recording.disputed"])
        // The card comes to its senses.
        let honest = CardObject()
        #expect(
            try await world.custody.plan(listed: [honest.entry], released: []) == [.release(number: 1, digest: honest.digest, size: 5000)])
        #expect(try await world.custody.released(1, answer: .accepted) == .done)
        #expect(try await world.recording().state == .proven)
        #expect(Set(try await world.ledger.jobs().items.map(\.state)) == [.ready])
    }

    @Test func aCardThatLiedOnceIsBelievedWhenItAccepts() async throws {
        let world = try await StoreWorld()
        let object = CardObject()
        try await world.pull(object, answering: nil)
        #expect(try await world.custody.released(1, answer: .digestDiffers) == .pullAgain)
        #expect(try await world.recording().state == .contested)
        #expect(Set(try await world.ledger.jobs().items.map(\.state)) == [.held])
        let first = try await world.recording().id
        // The second whole pull has the same bytes: the card is asked once more.
        #expect(try await world.transfer(object) == .stored(object.digest, mayRelease: true))
        #expect(try await world.custody.released(1, answer: .accepted) == .done)
        let info = try await world.recording()
        #expect(info.id == first && info.state == .proven && info.others.isEmpty)
        #expect(try world.names() == ["\(first).json", "\(first).opus"])
        #expect(Set(try await world.ledger.jobs().items.map(\.state)) == [.ready])
    }

    @Test func whatTwoPullsAgreeOnIsOfferedInTheNextSessionToo() async throws {
        let world = try await StoreWorld()
        let object = CardObject()
        try await world.pull(object, answering: nil)
        _ = try await world.custody.released(1, answer: .digestDiffers)
        _ = try await world.transfer(object)
        _ = try await world.custody.open(world.generation)
        #expect(
            try await world.custody.plan(listed: [object.entry], released: []) == [.release(number: 1, digest: object.digest, size: 5000)])
        _ = try await world.custody.released(1, answer: .accepted)
        #expect(try await world.recording().state == .proven)
    }

    @Test func aCardThatRefusesWhatTwoPullsAgreeOnIsDisputed() async throws {
        let world = try await StoreWorld()
        let object = CardObject()
        try await world.pull(object, answering: nil)
        _ = try await world.custody.released(1, answer: .digestDiffers)
        _ = try await world.transfer(object)
        #expect(try await world.custody.released(1, answer: .digestDiffers) == .done)
        #expect(try await world.recording().state == .disputed)
        #expect(try await world.custody.plan(listed: [object.entry], released: []).isEmpty)
    }

    @Test func theCopyThatTheCardAcceptsIsTheRecordingAndTheOtherIsKept() async throws {
        let world = try await StoreWorld()
        // The profile has no digest in its list, so the first copy went through unseen.
        var (bad, good) = (CardObject(seed: 1), CardObject(seed: 2))
        bad.lie = []
        good.lie = []
        let entry = ListedRecording(
            number: 1, size: 5000, started: good.entry.started, durationMilliseconds: 1, kind: .memo, marks: 0, flags: .complete, firstEvent: 0,
            digestPrefix: nil)
        _ = try await world.custody.plan(listed: [entry], released: [])
        _ = try await world.custody.begin(entry)
        try await world.send(bad.bytes[...], of: bad)
        #expect(try await world.custody.seal(entry) == .stored(bad.digest, mayRelease: true))
        let first = try await world.recording().id
        let leased = try #require(try await world.ledger.claim("decode", max: 1, for: .seconds(600), worker: "w").first)
        #expect(try await world.custody.released(1, answer: .digestDiffers) == .pullAgain)
        #expect(try await world.custody.begin(entry) == 0)
        try await world.send(good.bytes[...], of: good)
        #expect(try await world.custody.seal(entry) == .stored(good.digest, mayRelease: true))
        #expect(try await world.custody.released(1, answer: .accepted) == .done)
        let info = try await world.recording()
        #expect(info.id != first && info.state == .proven && info.sha256 == good.digest && info.others == [first])
        #expect(try world.bytes(of: info.id) == good.bytes)
        #expect(try world.bytes(of: first) == bad.bytes, "the other copy is kept")
        let jobs = try await world.ledger.jobs().items
        #expect(jobs.filter { $0.recording == first }.map(\.state) == [.leased, .dead])
        #expect(jobs.filter { $0.recording == info.id }.map(\.state) == [.ready, .ready])
        _ = leased
        let stored = try await world.ledger.events(after: 0, EventFilter(types: ["recording.stored"])).items.compactMap(\.recording)
        #expect(stored == [first, info.id])
    }

    @Test func pullsThatAllDifferEndAsUnreadable() async throws {
        let world = try await StoreWorld()
        let listed = CardObject(seed: 0)
        var outcomes: [SealOutcome] = []
        for seed in 1...5 {
            var object = CardObject(seed: seed)
            object.lie = listed.entry.digestPrefix
            _ = try await world.custody.open(world.generation)
            let steps = try await world.custody.plan(listed: [object.entry], released: [])
            #expect(steps == [.pull(object.entry)])
            outcomes.append(try await world.transfer(object))
            if seed < 5 {
                let isWaiting = try await world.custody.plan(listed: [object.entry], released: []).isEmpty
                #expect(isWaiting == (seed > 1), "there is a back-off from the second on")
            }
            world.machine.advance(by: .seconds(4000))
        }
        #expect(outcomes == [.differs(resumeAt: 0), .setAside, .setAside, .setAside, .setAside])
        #expect(try await world.recording().state == .unreadable)
        #expect(try await world.custody.plan(listed: [listed.entry], released: []).isEmpty)
        let fresh = CardObject(seed: 9)
        #expect(try await world.pull(fresh) == .stored(fresh.digest, mayRelease: true), "the card shows another digest now")
    }

    @Test func aDisputedNumberWithAnotherDigestIsPulledBesideTheFirst() async throws {
        let world = try await StoreWorld()
        let old = CardObject(seed: 1).with(lie: lie)
        _ = try await world.pull(old)
        #expect(try await world.transfer(old, from: 0) == .setAside)
        let first = try await world.recording().id
        let fresh = CardObject(seed: 2)
        #expect(try await world.pull(fresh) == .stored(fresh.digest, mayRelease: true))
        let info = try await world.recording()
        #expect(info.id != first && info.state == .proven && info.sha256 == fresh.digest)
        #expect(try world.bytes(of: first) == old.bytes)
        #expect(try await world.ledger.jobs().items.map(\.state) == [.dead, .dead, .ready, .ready])
    }

    @Test func anotherDigestUnderAProvenNumberIsKeptBesideTheFirst() async throws {
        let world = try await StoreWorld()
        let first = CardObject(seed: 1)
        try await world.pull(first)
        let id = try await world.recording().id
        let second = CardObject(seed: 2)
        #expect(try await world.pull(second) == .stored(second.digest, mayRelease: true))
        let info = try await world.recording()
        #expect(info.id == id && info.sha256 == first.digest && info.others.count == 1)
        let other = try await world.ledger.recording(try #require(info.others.first))
        #expect(other.state == .proven && other.sha256 == second.digest && !other.isCurrent)
        #expect(try world.bytes(of: other.id) == second.bytes)
        #expect(try world.bytes(of: id) == first.bytes)
        #expect(try await world.custody.plan(listed: [second.entry], released: []) == [.release(number: 1, digest: second.digest, size: 5000)])
    }
}
