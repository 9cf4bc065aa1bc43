import APIClient
import GatewayAPI
import GatewayTestSupport
import Ledger
import Recordings
import Testing

/// The proof, as it is asked for from outside.
@Suite(.timeLimit(.minutes(10))) struct AuditRouteTests {
    /// When `GatewayWorld.store`'s recordings start.
    static let start = UTCTime(milliseconds: 1_700_000_000_000)

    @Test func aReceiptNamesEveryProofAndWhatIsMissing() async throws {
        try await GatewayWorld.run { world in
            let bytes = sample(1000)
            let recording = try await world.store(1, bytes)
            let before = try await world.reader.receipt("anna/1")
            #expect(before.missing.map(\.what) == ["No destination confirmed it yet."])
            let job = try #require(try await world.control.lease("upload", LeaseRequest()).first)
            let delivery = DeliveryClaimMessage(destination: "archive", object: "anna/x.opus", sha256: try digest(bytes), size: 1000)
            _ = try await world.control.done(job.id, DoneRequest(lease: job.lease.token, delivery: delivery))
            let receipt = try await world.reader.receipt(recording.id.description)
            #expect(receipt.ref == "anna/1" && receipt.key == "A1-0007EC7C21/5b0c91aa/r1")
            #expect(receipt.gateway == world.ledger.identity.id.description)
            #expect(receipt.listedSize == 1000 && receipt.size == 1000)
            #expect(receipt.sha256 == (try digest(bytes)))
            #expect(receipt.listedDigest == String(try digest(bytes).description.prefix(16)))
            #expect(receipt.stored != nil && receipt.releaseAnswer == "accepted" && receipt.releaseAnswered == receipt.proven)
            #expect(receipt.deliveries.map(\.destination) == ["archive"])
            #expect(receipt.deliveries.map(\.object) == ["anna/x.opus"])
            #expect(receipt.missing.isEmpty)
        }
    }

    @Test func whatWasNeverListedHasNoReceiptButAReason() async throws {
        try await GatewayWorld.run { world in
            try await world.store(3, sample(1000))
            let problem = await expectRefusal(.notHere) { _ = try await world.reader.receipt("anna/2") }
            #expect(problem?.detail.contains("Never listed here") == true)
            await expectRefusal(.notFound) { _ = try await world.reader.receipt("anna/4") }
        }
    }

    @Test func listsAreThoseOfTheScopeAndComeInPages() async throws {
        try await GatewayWorld.run { world in
            for number in [UInt32(1), 2, 4, 6] { try await world.store(number, sample(1000 + Int(number))) }
            let all = AuditQuery()
            let audit = try await world.reader.audit(all)
            #expect(audit.exceptions.map(\.what) == ["anna/3", "anna/5", "anna/1", "anna/2", "anna/4", "anna/6"])
            #expect((audit.unexplained, audit.waiting, audit.explained) == (2, 4, 0))
            #expect(audit.next == nil)
            #expect(audit.cards.map(\.seen) != [nil])
            var (found, cursor): ([String], String?) = ([], nil)
            repeat {
                let page = try await world.reader.auditExceptions(all, limit: 4, cursor: cursor)
                found += page.items.map(\.what)
                cursor = page.next
            } while cursor != nil
            #expect(found == audit.exceptions.map(\.what))
            let first = try await world.reader.receipts(all, limit: 3)
            let rest = try await world.reader.receipts(all, limit: 3, cursor: first.next)
            #expect((first.items + rest.items).map(\.ref) == ["anna/1", "anna/2", "anna/4", "anna/6"])
            #expect(rest.next == nil)
            let later = AuditQuery(since: Self.start.advanced(by: 1))
            #expect(try await world.reader.receipts(later).items.isEmpty)
            #expect(try await world.reader.audit(later).cards.map(\.held) == [0])
            #expect(try await world.reader.audit(AuditQuery(until: Self.start.advanced(by: 1), card: "anna")).cards.map(\.held) == [4])
        }
    }

    @Test func whatIsNotUnderstoodIsRefused() async throws {
        try await GatewayWorld.run { world in
            let backwards = AuditQuery(since: Self.start, until: Self.start)
            await expectRefusal(.badRequest) { _ = try await world.reader.audit(backwards) }
            await expectRefusal(.badRequest) { _ = try await world.reader.receipts(AuditQuery(), cursor: "x") }
            await expectRefusal(.badRequest) { _ = try await world.reader.auditExceptions(AuditQuery(), cursor: "x") }
            await expectRefusal(.notFound) { _ = try await world.reader.audit(AuditQuery(card: "ben")) }
            await expectRefusal(.notFound) { _ = try await world.reader.audit(AuditQuery(holder: "ben@example.com")) }
        }
    }
}
