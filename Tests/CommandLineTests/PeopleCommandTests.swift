import APIClient
import Foundation
import GatewayAPI
import GatewayTestSupport
import Ledger
import Radio
import Recordings
import Synchronization
import Testing

/// Cards and people from the command line, against a gateway's real API.
@Suite(.timeLimit(.minutes(10))) struct PeopleCommandTests {
    static func earshot(_ world: GatewayWorld, _ arguments: String...) async throws -> EarshotRun {
        try await EarshotRun.run(arguments, socket: world.controlSocket)
    }

    @Test func whoCarriesACardIsAssignedCorrectedAndImported() async throws {
        try await GatewayWorld.run { world in
            try await world.store(1, sample(1000))
            let list = world.folder + "/staff.csv"
            try Data("name,holder,holder_name,groups\nanna,anna@example.com,Anna Weiss,sales;field\nben,ben@example.com,Ben,\n".utf8).write(
                to: URL(filePath: list))
            let dry = try await Self.earshot(world, "cards", "import", list, "--dry-run")
            #expect(dry.status == 0 && dry.output.contains("+ holder anna@example.com \"Anna Weiss\" in sales, field"), "\(dry.output)\(dry.error)")
            #expect(dry.output.contains("card ben is not paired yet") && dry.output.contains("3 changes; nothing was changed"))
            #expect(try await world.control.holders().items.isEmpty)
            let asked = try await Self.earshot(world, "cards", "import", list)
            #expect(asked.status == 4 && asked.error.contains("--yes"), "nobody answers: \(asked.error)")
            let made = try await Self.earshot(world, "cards", "import", list, "--yes")
            #expect(made.status == 0 && made.output.contains("3 changes were made."), "\(made.output)\(made.error)")
            let again = try await Self.earshot(world, "cards", "import", list, "--yes")
            #expect(again.output.contains("Nothing to change"), "\(again.output)")

            #expect(try await Self.earshot(world, "recordings", "--holder", "anna@example.com").output.contains("No recordings."))
            let assigned = try await Self.earshot(world, "cards", "assign", "anna", "anna@example.com", "--from", "2023-11-01")
            #expect(assigned.status == 0, "\(assigned.error)")
            #expect(try await Self.earshot(world, "recordings", "--holder", "anna@example.com").output.contains("anna/1"))
            let holders = try await Self.earshot(world, "holders")
            #expect(holders.output.contains("Anna Weiss") && holders.output.contains("sales, field"), "\(holders.output)")
            let unknown = try await Self.earshot(world, "cards", "assign", "anna", "eve@example.com")
            #expect(unknown.status == 1 && unknown.error.contains("`earshot holders` lists them"), "\(unknown.error)")
            let early = try await Self.earshot(world, "cards", "assign", "anna", "anna@example.com", "--from", "2927-01-01")
            #expect(early.status == 2 && early.error.contains("is yet to come"), "\(early.error)")
            let wrong = try await Self.earshot(world, "cards", "import", world.folder + "/none.csv")
            #expect(wrong.status == 1 && wrong.error.contains("cannot be read"))
        }
    }

    @Test func aCardIsShownFoundRenamedAndForgotten() async throws {
        try await GatewayWorld.run { world in
            let list = try await Self.earshot(world, "cards")
            #expect(list.lines[0].contains("bond") && list.lines[1].contains("passkey"), "\(list.output)")
            let one = try await Self.earshot(world, "cards", "anna")
            #expect(
                one.output.contains("by passkey: the bond is authenticated") && one.output.contains("nobody: earshot cards assign"), "\(one.output)")
            #expect(try await Self.earshot(world, "cards", "find", "anna", "--seconds", "5").status == 0)
            #expect(world.radio.state.withLock { $0.actions } == [.find(seconds: 5)])
            #expect(try await Self.earshot(world, "cards", "screen", "anna", "Call", "the", "office").output.contains("waits for anna"))
            #expect(try await Self.earshot(world, "cards", "rename", "anna", "annika").status == 0)
            let asked = try await Self.earshot(world, "forget", "annika")
            #expect(asked.status == 4 && asked.output.contains("annika") && asked.error.contains("nothing was removed"), "\(asked.error)")
            let forgotten = try await Self.earshot(world, "forget", "annika", "--yes")
            #expect(forgotten.status == 0 && forgotten.output.contains("annika is forgotten."), "\(forgotten.error)")
            #expect(try await Self.earshot(world, "cards").output.contains("No card is paired yet"))
            #expect(try await Self.earshot(world, "cards", "--forgotten").output.contains("forgotten"))
        }
    }

    @Test func aLowBatteryIsSaid() async throws {
        try await GatewayWorld.run { world in
            world.radio.state.withLock {
                $0.cards = [.init(card: world.card.id, presence: "near", lastHeard: nil, rssi: nil, lastEnd: nil, batteryIsLow: true)]
            }
            for command in ["cards", "status"] {
                let run = try await Self.earshot(world, command)
                #expect(run.output.contains("! anna: its battery is under 15 %. Charge it."), "\(run.output)")
            }
            let json = try await Self.earshot(world, "cards", "--json")
            #expect(json.output.contains("\"battery_low\":true"), "\(json.output)")
        }
    }

    @Test func whatAForgottenCardLeftIsLookedUpByItsName() async throws {
        try await GatewayWorld.run { world in
            try await world.store(1, sample(1000))
            try await world.press(1...2)
            _ = try await world.control.audio(of: "anna/1") { _, body in try await body.all(atMost: 5000).count }
            #expect(try await Self.earshot(world, "forget", "anna", "--yes").status == 0)
            for command in [["recordings", "anna"], ["access", "anna"], ["events", "--card", "anna"], ["why", "anna/1"], ["cards", "anna"]] {
                let run = try await EarshotRun.run(command, socket: world.controlSocket)
                #expect(!run.error.contains("There is no card") && !run.output.isEmpty, "\(command): \(run.output)\(run.error)")
            }
            #expect(try await Self.earshot(world, "audit", "anna").output.contains("2 of 2"))
            #expect(try await Self.earshot(world, "access", "anna", "--audio").output.contains("audio.read"))
            let twice = try await Self.earshot(world, "forget", "anna", "--yes")
            #expect(twice.status == 1 && twice.error.contains("was forgotten already"), "\(twice.error)")
        }
    }

    @Test func tooManyTriesAreWaitedForAndSaidSo() async throws {
        try await GatewayWorld.run { world in
            world.radio.state.withLock { $0.refusal = .tooManyFailures(until: UTCTime(milliseconds: 1_764_000_000_000)) }
            let run = try await Self.earshot(world, "pair", "ben")
            #expect(run.status == 3 && run.error.contains("2025-11-24T16:00:00"), "\(run.error)")
            let taken = try await Self.earshot(world, "pair", "anna")
            #expect(taken.status == 1 && taken.error.contains("anna already"), "\(taken.error)")
        }
    }
}
