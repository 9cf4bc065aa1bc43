import Ledger
import Recordings
import TestSupport
import Testing

@Suite struct ReceiptTests {
    typealias World = LedgerWorld

    @Test func aReceiptFillsUpStepByStep() async throws {
        let world = try await World()
        func missing() async throws -> [String] { try await world.ledger.receipt(of: "anna/1").missing.map(\.what) }
        _ = try await world.plan([World.entry(1)])
        let listed = try await world.ledger.receipt(of: "anna/1")
        #expect(listed.listed?.size == 100 && listed.listed?.digestPrefix == String(World.digest(1).description.prefix(16)))
        #expect(listed.stored == nil && listed.release == nil && listed.deliveries.isEmpty)
        #expect(listed.missing.map(\.kind) == [.waiting])

        world.machine.advance(by: .seconds(1))
        let id = try await world.store(1)
        let stored = world.machine.now
        #expect(try await missing() == ["The card was not asked to release it yet.", "No destination confirmed it yet."])

        world.machine.advance(by: .seconds(1))
        _ = try await world.ledger.answer(id, .refused(result: 6))
        #expect(try await missing().first == "The card answered RELEASE: refused with result 6. It is asked again.")

        world.machine.advance(by: .seconds(1))
        let answered = world.machine.now
        _ = try await world.ledger.answer(id, .accepted)
        #expect(try await missing() == ["No destination confirmed it yet."])

        try await AuditTests.deliver(world)
        let receipt = try await world.ledger.receipt(of: id.description)
        #expect(receipt.ref == "anna/1" && receipt.key == "A1-0007/5b0c91aa/r1" && receipt.state == .proven)
        #expect(receipt.stored?.at == stored && receipt.stored?.size == 100 && receipt.stored?.sha256 == World.digest(1))
        #expect(receipt.release?.answer == "accepted" && receipt.release?.at == answered && receipt.provenAt == answered)
        #expect(receipt.deliveries.map(\.destination) == ["archive"])
        #expect(receipt.deliveries.map(\.sha256) == [World.digest(1)])
        #expect(receipt.missing.isEmpty)
    }

    @Test func aCopyTheCardDoesNotAgreeWithSaysSo() async throws {
        let world = try await World()
        let other = World.entry(1, prefix: [1, 2, 3, 4, 5, 6, 7, 8])
        _ = try await world.plan([other])
        let pull = try await world.ledger.beginPull(other, of: world.life)
        _ = try await world.ledger.store(pull.id, sha256: World.digest(1), size: 100, disputed: true, policy: .stored)
        let missing = try await world.ledger.receipt(of: "anna/1").missing
        #expect(missing.map(\.kind) == [.explained, .explained, .waiting])
        #expect(missing.map(\.needsPerson) == [true, false, false])
        #expect(missing[1].what == "The card lists a SHA-256 that begins with 0102030405060708; the file has another.")
    }

    @Test func whatNeverCameHasAReceiptThatSaysWhy() async throws {
        let world = try await World()
        try await world.store(1)
        _ = try await world.commit(World.event(1, .recordingStarted(2)), World.event(2, .deletedByUser(2)))
        let receipt = try await world.ledger.receipt(of: "anna/2")
        #expect(receipt.listed == nil && receipt.stored == nil)
        #expect(receipt.missing.map(\.kind) == [.explained])
        #expect(receipt.missing.first?.what.hasPrefix("Its user deleted it on the card") == true)
        try await world.ledger.noteMissing(try await world.ledger.recording(named: "anna/1").id, cause: "Its file is gone.")
        let gone = try await world.ledger.receipt(of: "anna/1").missing
        #expect(gone.map(\.kind) == [.unexplained] && gone.map(\.what) == ["Its file is gone."])
        #expect(await code { _ = try await world.ledger.receipt(of: "anna/3") } == .notFound)
    }

    @Test func pagesHoldWhatAnAuditOfTheSameScopeCounts() async throws {
        let world = try await World()
        for number in UInt32(1)...5 { try await world.store(number) }
        func all(_ scope: AuditScope) async throws -> [String] {
            var (refs, cursor): ([String], String?) = ([], nil)
            repeat {
                let page = try await world.ledger.receipts(scope, limit: 2, after: cursor)
                #expect(page.items.count <= 2)
                refs += page.items.map(\.ref)
                cursor = page.next
            } while cursor != nil
            return refs
        }
        #expect(try await all(AuditScope()) == ["anna/1", "anna/2", "anna/3", "anna/4", "anna/5"])
        let afternoon = AuditScope(since: AuditTests.minute(2), until: AuditTests.minute(5), card: world.life.card)
        #expect(try await all(afternoon) == ["anna/2", "anna/3", "anna/4"])
        #expect(try await world.ledger.audit(afternoon).cards.map(\.started) == [3])
        #expect(await code { _ = try await world.ledger.receipts(AuditScope(), after: "rec_1") } == .invalid)
    }
}
