import APIClient
import GatewayAPI
import GatewayTestSupport
import Ledger
import Recordings
import Testing

/// Who listened, paired and changed: noted before a byte goes out, once for a player that asks piece by piece, and never changed after.
@Suite(.timeLimit(.minutes(10))) struct AccessTests {
    @Test func whoListenedIsNoted() async throws {
        try await GatewayWorld.run { world in
            let stored = try await world.store(1, sample(1000))
            for _ in 1...3 { _ = try await world.control.audio(of: "anna/1") { _, body in try await body.all(atMost: 5000).count } }
            let worker = world.agent(GatewayWorld.decodeSecret)
            let job = try #require(try await worker.lease("decode", LeaseRequest()).first)
            _ = try await worker.audio(of: stored.id.description) { _, body in try await body.all(atMost: 5000).count }
            _ = try await worker.done(job.id, DoneRequest(lease: job.lease.token))
            let listened = try await world.control.accesses(AccessQuery(recording: "anna/1", what: "audio.*")).items
            #expect(listened.map(\.what) == ["audio.read", "audio.read"])
            #expect(listened.map(\.subject) == [stored.id.description, stored.id.description])
            #expect(listened.first?.who == "queue:decode")
            #expect(listened.last?.who.hasPrefix("uid:") == true)
        }
    }

    @Test func whoListenedToACardsRecordingsIsAskedByTheCard() async throws {
        try await GatewayWorld.run { world in
            let stored = try await world.store(1, sample(1000))
            _ = try await world.control.audio(of: "anna/1") { _, body in try await body.all(atMost: 5000).count }
            _ = try await world.control.raw(Routes.renameCard, Routes.renameCard.path("anna"), RenameCardRequest(name: "anne"))
            let listened = try await world.control.accesses(AccessQuery(card: "anne", what: "audio.*")).items
            #expect(listened.map(\.subject) == [stored.id.description])
            let all = try await world.control.accesses(AccessQuery(card: "anne")).items.map(\.what)
            #expect(all == ["card.renamed", "audio.read", "card.paired"])
        }
    }

    @Test func whoMayNotListenIsNotNoted() async throws {
        try await GatewayWorld.run { world in
            try await world.store(1, sample(1000))
            await expectRefusal(.notAllowed) { _ = try await world.agent(GatewayWorld.decodeSecret).audio(of: "anna/1") { _, _ in true } }
            await expectRefusal(.readOnly) { _ = try await world.reader.audio(of: "anna/1") { _, _ in true } }
            await expectRefusal(.notFound) { _ = try await world.control.audio(of: "anna/9") { _, _ in true } }
            #expect(try await world.control.accesses(AccessQuery(what: "audio.*")).items.isEmpty)
            // The log itself is for whoever controls the box.
            await expectRefusal(.readOnly) { _ = try await world.reader.accesses() }
        }
    }

    @Test func whoChangedSomethingIsNoted() async throws {
        try await GatewayWorld.run { world in
            let control = world.control
            _ = try await control.raw(Routes.renameCard, Routes.renameCard.path("anna"), RenameCardRequest(name: "anne"))
            _ = try await control.raw(Routes.cardScreen, Routes.cardScreen.path("anne"), ScreenRequest(text: "secret words"))
            _ = try await control.raw(Routes.pair, Routes.pair.path(), PairRequest(name: "ben"))
            _ = try await control.reloadConfiguration()
            await expectRefusal(.badRequest) {
                _ = try await control.raw(Routes.cardRecord, Routes.cardRecord.path("anne"), RecordRequest(action: "dance"))
            }
            let all = try await control.accesses().items
            #expect(all.map(\.what) == ["configuration.reloaded", "pairing.opened", "card.texted", "card.renamed", "card.paired"])
            #expect(all.dropLast().allSatisfy { $0.who.hasPrefix("uid:") })
            #expect(all.last?.who == "earshotd")
            #expect(all.filter { $0.subject == world.card.id.description }.count == 3)
            // What somebody said is not in it.
            #expect(!all.contains { $0.detail.contains("secret") })
        }
    }

    @Test func theLogIsReadPageByPage() async throws {
        try await GatewayWorld.run { world in
            for number in 1...5 {
                _ = try await world.control.raw(Routes.renameCard, Routes.renameCard.path("A1-0007EC7C21"), RenameCardRequest(name: "n\(number)"))
            }
            var seen: [Int64] = []
            var cursor: String?
            repeat {
                let page = try await world.control.accesses(limit: 2, cursor: cursor)
                #expect(page.items.count <= 2)
                seen += page.items.map(\.sequence)
                cursor = page.next
            } while cursor != nil
            #expect(seen == seen.sorted(by: >) && seen.count == 6)
            await expectRefusal(.badRequest) { _ = try await world.control.accesses(cursor: "x") }
        }
    }
}
