import Bytes
import Foundation
import Ledger
import RecordingStore
import Recordings
import TestSupport
import Testing

@Suite struct CustodyTests {
    @Test func aPulledRecordingIsTheCardsBytes() async throws {
        let world = try await StoreWorld()
        let object = CardObject(size: 3_000_000)
        #expect(try await world.pull(object) == .stored(object.digest, mayRelease: true))
        let info = try await world.recording()
        #expect(info.state == .proven && info.sha256 == object.digest && info.size == 3_000_000)
        #expect(try world.bytes(of: info.id) == object.bytes)
        #expect(try world.names() == ["\(info.id).json", "\(info.id).opus"], "nothing is named by the card")
        let sidecar = try JSONSerialization.jsonObject(with: Data(contentsOf: world.url("\(info.id).json"))) as? [String: Any]
        #expect(sidecar?["key"] as? String == "A1-0007/5b0c91aa/r1")
        #expect(sidecar?["sha256"] as? String == object.digest.description)
        #expect(sidecar?["size"] as? Int == 3_000_000)
        #expect(sidecar?["duration_ms"] as? Int == 4100)
        #expect(try await world.ledger.jobs().items.map(\.queue) == ["decode", "upload"])
    }

    @Test func anEmptyRecordingIsARecording() async throws {
        let world = try await StoreWorld()
        let object = CardObject(size: 0)
        #expect(try await world.pull(object) == .stored(object.digest, mayRelease: true))
        #expect(try await world.recording().state == .proven)
    }

    @Test func aLostLinkGoesOnAtTheDurableOffset() async throws {
        let world = try await StoreWorld()
        let object = CardObject(size: 2_500_000)
        _ = try await world.custody.plan(listed: [object.entry], released: [])
        #expect(try await world.custody.begin(object.entry) == 0)
        try await world.send(object.bytes[..<2_000_000], of: object)
        // The link is lost here: no checkpoint was asked for, the store made its own.
        _ = try await world.custody.open(world.generation)
        _ = try await world.custody.plan(listed: [object.entry], released: [])
        let offset = try await world.custody.begin(object.entry)
        #expect(offset >= 1 << 20 && offset < 2_000_000)
        #expect(try await world.recording().durable == offset)
        #expect(try await world.transfer(object) == .stored(object.digest, mayRelease: true))
        #expect(try world.bytes(of: try await world.recording().id) == object.bytes)
    }

    @Test func bytesAreCommittedAtLeastEachTwoSeconds() async throws {
        let world = try await StoreWorld()
        let object = CardObject()
        _ = try await world.custody.plan(listed: [object.entry], released: [])
        _ = try await world.custody.begin(object.entry)
        try await world.custody.append(Array(object.bytes[..<1000]), to: 1)
        #expect(try await world.recording().durable == 0)
        world.machine.advance(by: .seconds(2))
        try await world.custody.append(Array(object.bytes[1000..<1100]), to: 1)
        #expect(try await world.recording().durable == 1100)
    }

    @Test func aWrongChecksumThrowsAwayItsTransferOnly() async throws {
        let world = try await StoreWorld()
        let object = CardObject()
        _ = try await world.custody.plan(listed: [object.entry], released: [])
        _ = try await world.custody.begin(object.entry)
        try await world.custody.append(Array(object.bytes[..<2000]), to: 1)
        #expect(try await world.custody.checkpoint(1, proven: true) == 2000)
        try await world.custody.append([UInt8](repeating: 0xEE, count: 1500), to: 1)
        #expect(try await world.custody.checkpoint(1, proven: false) == 3500)
        try await world.custody.append([UInt8](repeating: 0xEE, count: 500), to: 1)
        try await world.custody.discard(1, backTo: 2000)
        #expect(try await world.recording().durable == 2000)
        #expect(try await world.recording().proven == 2000)
        #expect(try await world.transfer(object, from: 2000) == .stored(object.digest, mayRelease: true))
        #expect(try world.bytes(of: try await world.recording().id) == object.bytes)
    }

    @Test func callsInTheWrongOrderAreErrors() async throws {
        let world = try await StoreWorld()
        let object = CardObject()
        func isMisuse(_ body: () async throws -> Void) async -> Bool {
            do { try await body() } catch CustodyError.misuse { return true } catch { return false }
            return false
        }
        #expect(await isMisuse { try await world.custody.append([1], to: 1) })
        #expect(await isMisuse { _ = try await world.custody.begin(object.entry) }, "it was not in a list of this card")
        #expect(await isMisuse { _ = try await world.custody.seal(object.entry) })
        #expect(await isMisuse { _ = try await world.custody.released(1, answer: .accepted) })
        _ = try await world.custody.plan(listed: [object.entry], released: [])
        _ = try await world.custody.begin(object.entry)
        #expect(await isMisuse { try await world.custody.append([1], to: 2) })
        #expect(await isMisuse { try await world.custody.discard(1, backTo: 1) })
        #expect(try await world.custody.seal(object.entry) == .differs(resumeAt: 0), "not all bytes are here")
    }

    @Test func moreThanAllowedIsRefusedAndSaid() async throws {
        let world = try await StoreWorld()
        let object = CardObject(size: 100)
        _ = try await world.custody.plan(listed: [object.entry], released: [])
        _ = try await world.custody.begin(object.entry)
        await #expect(throws: CustodyError.limit("Bytes of recording 1, more than its list entry says", came: 101, allowed: 100)) {
            try await world.custody.append([UInt8](repeating: 1, count: 101), to: 1)
        }
        let list = (1...UInt32(Limits.listEntries + 1)).map { CardObject(number: $0, size: 0).entry }
        await #expect(throws: CustodyError.limit("Entries of one list", came: 65_537, allowed: 65_536)) {
            try await world.custody.plan(listed: list, released: [])
        }
        let huge = ListedRecording(
            number: 1, size: Limits.recordingBytes + 1, started: object.entry.started, durationMilliseconds: 0, kind: .memo, marks: 0,
            flags: .complete, firstEvent: 0, digestPrefix: nil)
        await #expect(throws: CustodyError.self) { try await world.custody.begin(huge) }
    }

    @Test func aDayOfOneCardIsBounded() async throws {
        let world = try await StoreWorld()
        let object = CardObject()
        _ = try await world.custody.plan(listed: [object.entry], released: [])
        let id = try await world.ledger.beginPull(object.entry, of: CardLife(card: world.custody.card, generation: world.generation)).id
        _ = try await world.ledger.advance(id, durable: 0, proven: false, added: Limits.bytesPerDay)
        await #expect(throws: CustodyError.limit("Bytes of one card in a day", came: Limits.bytesPerDay, allowed: Limits.bytesPerDay)) {
            try await world.custody.begin(object.entry)
        }
        #expect(try await world.recording().cause?.contains("in a day") == true)
        world.machine.advance(by: .seconds(24 * 3600))
        _ = try await world.custody.plan(listed: [object.entry], released: [])
        #expect(try await world.transfer(object) == .stored(object.digest, mayRelease: true))
    }

    @Test func releaseWaitsForDeliveryWhenPolicySaysSo() async throws {
        let world = try await StoreWorld(release: .delivered)
        let object = CardObject()
        #expect(try await world.pull(object) == .stored(object.digest, mayRelease: false))
        #expect(try await world.custody.plan(listed: [object.entry], released: []).isEmpty)
        let job = try #require(try await world.ledger.claim("upload", max: 1, for: .seconds(60), worker: "w").first)
        var result = JobResult()
        result.delivery = DeliveryClaim(destination: "archive", object: "a/1", sha256: object.digest, size: 5000)
        _ = try await world.ledger.finish(Completion(job: job.job.id, token: job.token, result: result))
        #expect(
            try await world.custody.plan(listed: [object.entry], released: []) == [.release(number: 1, digest: object.digest, size: 5000)])
    }
}
