import Bytes
import Ledger
import Recordings
import TestSupport
import Testing

@Suite struct CardsTests {
    @Test func aCardIsFoundByNameSerialAndId() async throws {
        let world = try await LedgerWorld()
        let id = world.life.card
        for name in ["anna", "A1-0007", id.description, String(id.description.prefix(20)).lowercased()] {
            #expect(try await world.ledger.card(named: name).id == id)
        }
        #expect(try await world.ledger.card(adapter: LedgerWorld.bond.adapter, peer: LedgerWorld.bond.peer)?.id == id)
        #expect(try await world.ledger.card(adapter: LedgerWorld.bond.adapter, peer: "C0:00:00:00:00:99") == nil)
        #expect(await code { _ = try await world.ledger.card(named: "ben") } == .notFound)
    }

    @Test func aSerialIsPairedOnceAndPairedAgainGoesOnWhereItStopped() async throws {
        let world = try await LedgerWorld()
        let serial = try LedgerWorld.serial()
        let bond = Bond(adapter: LedgerWorld.bond.adapter, peer: "C0:00:00:00:00:02", peerKind: "random", method: .comparison)
        #expect(await code { _ = try await world.ledger.enroll(serial: serial, name: "x", device: LedgerWorld.device, bond: bond) } == .conflict)
        _ = try await world.commit(LedgerWorld.event(1, .poweredOn))
        try await world.ledger.forget(world.life.card)
        #expect(try await world.ledger.cards().isEmpty)
        #expect(try await world.ledger.card(named: "A1-0007").bond == nil)
        let again = try await world.ledger.enroll(serial: serial, name: "anna", device: LedgerWorld.device, bond: bond)
        #expect(again.id == world.life.card)
        #expect(again.bond == bond)
        #expect(try await world.ledger.open(world.life) == 1)
    }

    /// Until the card is forgotten and paired again, whatever ends meanwhile.
    @Test func aForeignBondIsRememberedUntilTheCardIsPairedAgain() async throws {
        let world = try await LedgerWorld()
        let card = world.life.card
        #expect(try await world.ledger.cards()[0].foreignBondAt == nil)
        try await world.ledger.noteForeignBond(of: card)
        try await world.ledger.noteForeignBond(of: card)
        let later = try await world.reopened(boot: "second")
        #expect(try await later.ledger.cards()[0].foreignBondAt == TestMachine.morning)
        let noted = try await later.ledger.events(after: 0, EventFilter(types: ["card.bond_foreign"])).items
        #expect(noted.count == 1)
        try await later.ledger.forget(card)
        #expect(try await later.ledger.card(named: "A1-0007").foreignBondAt == nil)
        try await later.ledger.noteForeignBond(of: card)
        let again = try await later.ledger.enroll(
            serial: try LedgerWorld.serial(), name: "anna", device: LedgerWorld.device, bond: LedgerWorld.bond)
        #expect(again.id == card && again.foreignBondAt == nil)
    }

    @Test func anotherSerialIsRefused() async throws {
        let world = try await LedgerWorld()
        let other = CardLife(card: world.life.card, generation: Generation(serial: try LedgerWorld.serial("B2"), number: 1))
        await #expect(throws: CustodyError.serialRefused(paired: try LedgerWorld.serial(), said: try LedgerWorld.serial("B2"))) {
            try await world.ledger.open(other)
        }
    }

    @Test(arguments: ["", "a/b", "a\u{202E}b", " a", String(repeating: "x", count: 65)])
    func aNameThatCannotBeOneIsRefused(name: String) async throws {
        let world = try await LedgerWorld()
        #expect(await code { _ = try await world.ledger.rename(world.life.card, to: name) } == .invalid)
        #expect(try await world.ledger.cards().map(\.name) == ["anna"])
    }

    @Test func aRecordingBelongsToWhoCarriedTheCardWhenItStarted() async throws {
        let world = try await LedgerWorld()
        let anna = try await world.ledger.addHolder(handle: "anna@example.com", name: "Anna Weiss", groups: ["sales", "north"])
        let ben = try await world.ledger.addHolder(handle: "ben@example.com", name: "Ben", groups: [])
        #expect(await code { _ = try await world.ledger.addHolder(handle: "ben@example.com", name: "B", groups: []) } == .conflict)
        try await world.ledger.assign(world.life.card, to: anna.id, from: TestMachine.morning)
        try await world.ledger.assign(world.life.card, to: ben.id, from: TestMachine.morning.advanced(by: 90_000))
        try await world.ledger.assign(world.life.card, to: anna.id, from: TestMachine.morning.advanced(by: 1000))
        _ = try await world.plan([LedgerWorld.entry(1), LedgerWorld.entry(2)])
        #expect(try await world.ledger.recording(named: "anna/1").holder == anna)
        #expect(try await world.ledger.recording(named: "anna/2").holder == ben)
        let page = try await world.ledger.recordings(RecordingFilter(holder: ben.id))
        #expect(page.items.map(\.number) == [2])
        #expect(try await world.ledger.cards().first?.holder == ben)
        #expect(try await world.ledger.holders().map(\.groups) == [["sales", "north"], []])
        try await world.ledger.assign(world.life.card, to: nil, from: TestMachine.morning.advanced(by: 100_000))
        #expect(try await world.ledger.cards().first?.holder == nil)
    }

    @Test func aCorrectionRelabelsUntilTheCardNextChangedHands() async throws {
        let world = try await LedgerWorld()
        let card = world.life.card
        let anna = try await world.ledger.addHolder(handle: "anna@example.com", name: "Anna Weiss", groups: [])
        let ben = try await world.ledger.addHolder(handle: "ben@example.com", name: "Ben", groups: [])
        try await world.ledger.assign(card, to: anna.id, from: TestMachine.morning)
        try await world.ledger.assign(card, to: ben.id, from: TestMachine.morning.advanced(by: 90_000))
        _ = try await world.plan([LedgerWorld.entry(1), LedgerWorld.entry(2)])
        #expect(try await world.ledger.recording(named: "anna/1").holder == anna)

        func assignments() async throws -> [String] {
            try await world.ledger.events(after: 0, EventFilter(types: ["card.assigned"])).items.map { $0.data.description }
        }
        let before = try await assignments().count
        try await world.ledger.assign(card, to: ben.id, from: TestMachine.morning)
        #expect(try await world.ledger.recording(named: "anna/1").holder == ben)
        #expect(try await world.ledger.recordings(RecordingFilter(holder: anna.id)).items.isEmpty)
        #expect(try await assignments().count == before + 1)
        #expect(try await assignments().last?.contains("ben@example.com") == true)
        try await world.ledger.assign(card, to: ben.id, from: TestMachine.morning)
        #expect(try await assignments().count == before + 1, "said again it changes nothing")

        try await world.ledger.assign(card, to: nil, from: TestMachine.morning.advanced(by: 1))
        #expect(try await world.ledger.recording(named: "anna/2").holder == ben, "the next change of hands stands")
        #expect(try await world.ledger.cards().first?.holder == ben)
        let (renamed, changed) = try await world.ledger.putHolder(handle: "ben@example.com", name: "Ben Ott", groups: ["sales"])
        #expect(changed && renamed.id == ben.id)
        #expect(try await !world.ledger.putHolder(handle: "ben@example.com", name: "Ben Ott", groups: ["sales"]).changed)
        #expect(try await world.ledger.recording(named: "anna/2").holder == renamed)
    }
}
