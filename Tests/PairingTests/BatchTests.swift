import APIClient
import Foundation
import GatewayAPI
import SoftwareCard
import Testing

/// `earshot pair --batch`, as a person runs it.
@Suite(.timeLimit(.minutes(20))) struct BatchTests {
    @Test func thirtyCardsAreEnrolledOneAfterTheOtherAndAStopIsTakenUp() async throws {
        let count = 30
        try await Box.with(Array(repeating: PairingTests.plain, count: count)) { box in
            let list = box.folder.appending(path: "staff.csv")
            let rows = (1...count).map { "card-\($0),person-\($0)@example.com,Person \($0),sales;group-\($0 % 3)" }
            try Data((["name,holder,holder_name,groups"] + rows).joined(separator: "\r\n").utf8).write(to: list)

            @Sendable func enrol(_ number: Int, _ terminal: Terminal) async throws {
                try await terminal.see("Next card: card-\(number), carried by Person \(number)")
                try await box.cards[number - 1].card.openPairing()
                try terminal.type("")
                try await terminal.see("six digits")
                try terminal.type(try await box.cards[number - 1].passkey())
                try await terminal.see("Paired: card-\(number) is")
            }

            let first = try await box.earshot("pair", "--batch", list.path) { terminal in
                for number in 1...3 { try await enrol(number, terminal) }
                try await terminal.see("Next card: card-4")
                try terminal.type("q")
            }
            #expect(first.status == 1 && first.text.contains("\(count - 3) of \(count) cards are not paired"), "\(first.text)")
            let second = try await box.earshot("pair", "--batch", list.path) { terminal in
                try await terminal.see("card-3 is paired already")
                for number in 4...count { try await enrol(number, terminal) }
            }
            #expect(second.status == 0, "\(second.text)")
            #expect(second.text.contains("staff.results.csv"))

            let results = try String(contentsOf: box.folder.appending(path: "staff.results.csv"), encoding: .utf8).split(separator: "\r\n")
            #expect(results.first == "name,holder,state,serial,card,method,seconds,why" && results.count == count + 1)
            #expect(results.dropFirst(4).allSatisfy { $0.contains(",paired,A1-00") && $0.contains("passkey_entered") })
            let seconds = results.dropFirst(4).compactMap { Double($0.split(separator: ",")[6]) }.sorted()
            #expect(seconds.count == count - 3)
            print("machine's own time per card: min \(seconds[0]) s, median \(seconds[seconds.count / 2]) s, max \(seconds[seconds.count - 1]) s")
            let cards = try await box.client.cards().items
            #expect(cards.count == count && cards.allSatisfy { $0.pairing == "passkey" && $0.holder?.groups.count == 2 })
        }
    }

    @Test func aListThatIsDamagedPairsNothing() async throws {
        try await Box.with([PairingTests.plain]) { box in
            let list = box.folder.appending(path: "staff.csv")
            try Data("name,colour\nanna,red\n".utf8).write(to: list)
            let run = try await box.earshot("pair", "--batch", list.path)
            #expect(run.status == 2 && run.text.contains("\"colour\""), "\(run.text)")
            let mixed = try await box.earshot("pair", "anna", "--batch", list.path)
            #expect(mixed.status == 2, "\(mixed.text)")
        }
    }
}
