import APIClient
import Foundation
import GatewayAPI
import GatewayTestSupport
import Recordings
import Testing

/// People, whose cards they are, and a card that goes.
@Suite(.timeLimit(.minutes(10))) struct PeopleRouteTests {
    private static var now: UTCTime { UTCTime(milliseconds: Int64(Date().timeIntervalSince1970 * 1000)) }

    @Test func aPersonIsAddedAndBroughtUpToDate() async throws {
        try await GatewayWorld.run { world in
            let added = try await world.control.putHolder("anna@example.com", PutHolderRequest(name: "Anna", groups: ["sales"]))
            #expect(added.name == "Anna" && added.groups == ["sales"])
            let changed = try await world.control.putHolder("anna@example.com", PutHolderRequest(name: "Anna Weiss"))
            #expect(changed.name == "Anna Weiss" && changed.groups.isEmpty)
            #expect(try await world.reader.holders().items == [changed])
            await expectRefusal(.badRequest) { _ = try await world.control.putHolder("x", PutHolderRequest(name: "a/b")) }
        }
    }

    @Test func aCorrectionRelabelsARecordingAndIsAnEvent() async throws {
        try await GatewayWorld.run { world in
            try await world.store(1, sample(1000))
            for id in ["anna@example.com", "ben@example.com"] { _ = try await world.control.addHolder(HolderRequest(id: id, name: id)) }
            let early = UTCTime(milliseconds: 1_600_000_000_000)
            _ = try await world.control.assignCard("anna", AssignCardRequest(holder: "anna@example.com", from: early))
            #expect(try await world.control.recordings(holder: "anna@example.com").items.count == 1)
            _ = try await world.control.assignCard("anna", AssignCardRequest(holder: "ben@example.com", from: early))
            #expect(try await world.control.recordings(holder: "anna@example.com").items.isEmpty)
            #expect(try await world.control.recordings(holder: "ben@example.com").items.first?.holder?.id == "ben@example.com")
            let job = try #require(try await world.control.lease("decode", LeaseRequest()).first)
            #expect(job.recording?.holder?.id == "ben@example.com", "a job speaks of who carried it")
            #expect(try await world.control.events(after: 0, types: ["card.assigned"]).items.count == 2)
        }
    }

    /// A carrier of tomorrow would be shown as today's while today's recordings belonged to nobody.
    @Test func aCardDoesNotChangeHandsInTheFuture() async throws {
        try await GatewayWorld.run { world in
            _ = try await world.control.addHolder(HolderRequest(id: "anna@example.com", name: "Anna"))
            let later = Self.now.advanced(by: 3_600_000)
            await expectRefusal(.badRequest) {
                _ = try await world.control.assignCard("anna", AssignCardRequest(holder: "anna@example.com", from: later))
            }
            #expect(try await world.control.card("anna").holder == nil)
            // Two machines never agree to the second.
            let soon = Self.now.advanced(by: 2000)
            _ = try await world.control.assignCard("anna", AssignCardRequest(holder: "anna@example.com", from: soon))
            #expect(try await world.control.card("anna").holder?.id == "anna@example.com")
        }
    }

    @Test func aForgottenCardIsGoneAndKeepsItsRecordings() async throws {
        try await GatewayWorld.run { world in
            try await world.store(1, sample(1000))
            let forgotten = try await world.control.forgetCard("anna")
            #expect(forgotten.bond.known == .removed && forgotten.card.forgotten != nil && forgotten.card.held == 1)
            #expect(try await world.control.cards().items.isEmpty)
            #expect(try await world.control.cards(forgotten: true).items.map(\.name) == ["anna"])
            await expectRefusal(.conflict) { _ = try await world.control.forgetCard(forgotten.card.id.description) }
        }
    }

    @Test func theOwnerKeyIsShownTakenAndMadeAnewAtTheControlSocketAlone() async throws {
        try await GatewayWorld.run { world in
            let first = try await world.control.owner()
            let key = try await world.control.ownerKey()
            #expect(key.fingerprint == first.fingerprint && key.key.count == 64 && first.waiting.isEmpty)
            let rotated = try await world.control.rotateOwner()
            #expect(rotated.fingerprint != first.fingerprint && rotated.waiting == ["anna"])
            await expectRefusal(.conflict) { _ = try await world.control.importOwner(OwnerKeyRequest(key: key.key)) }
            #expect(try await world.control.importOwner(OwnerKeyRequest(key: key.key, replace: true)).fingerprint == first.fingerprint)
            await expectRefusal(.badRequest) { _ = try await world.control.importOwner(OwnerKeyRequest(key: "12")) }
            await expectRefusal(.readOnly) { _ = try await world.reader.ownerKey() }
        }
    }
}
