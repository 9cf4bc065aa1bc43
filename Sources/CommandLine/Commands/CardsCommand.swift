internal import APIClient
internal import ArgumentParser
internal import GatewayAPI
internal import Recordings

/// `earshot cards [CARD]`
struct CardsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "cards", abstract: "The paired cards; with a name, one of them.",
        subcommands: [
            List.self, CardsAssignCommand.self, CardsImportCommand.self, CardsFindCommand.self, CardsScreenCommand.self, CardsRenameCommand.self,
        ], defaultSubcommand: List.self)

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(commandName: "list", abstract: "The paired cards; with a name, one of them.")

        @Argument(help: "Name, id or serial number.") var card: String?
        @Flag(help: "Also those that were forgotten.") var forgotten = false
        @OptionGroup var gateway: GatewayOptions

        func run() async throws {
            let client = gateway.look
            let found = if let card { [try await client.card(card)] } else { try await client.cards(forgotten: forgotten).items }
            guard !gateway.json else { return try gateway.report.json(found) }
            guard !found.isEmpty else { return try gateway.report.line("No card is paired yet: earshot pair") }
            try gateway.report.table(CardsCommand.table(found))
            guard card != nil, let one = found.first else {
                for card in found where card.pairing == "just_works" {
                    try gateway.report.line("! \(Shown.text(card.name)) was paired without a passkey (Just Works): its bond is not authenticated.")
                }
                for line in CardFacts.lowBatteries(found) { try gateway.report.line(line) }
                return
            }
            try gateway.report.line()
            for line in CardFacts.lines(one) { try gateway.report.line(line) }
        }
    }

    static func table(_ cards: [CardMessage]) -> TextTable {
        var table = TextTable([
            .init(title: "card"), .init(title: "holder", givesWay: true), .init(title: "where"), .init(title: "bond"),
            .init(title: "last session"), .init(title: "waiting", isNumber: true), .init(title: "held", isNumber: true),
        ])
        for card in cards {
            table.add([
                Shown.text(card.name), Shown.text(card.holder?.name), Shown.text(card.presence), CardFacts.bond(card), Shown.time(card.seen),
                "\(card.waiting)", "\(card.held)",
            ])
        }
        return table
    }
}

/// What is known of one card, and what to do about it.
enum CardFacts {
    static func lowBatteries(_ cards: [CardMessage]) -> [String] {
        cards.filter { $0.batteryLow == true }.map { "! \(Shown.text($0.name)): its battery is under 15 %. Charge it." }
    }

    static func bond(_ card: CardMessage) -> String {
        guard card.forgotten == nil else { return "forgotten" }
        if card.foreignBond != nil { return "not ours!" }
        return card.pairing == "just_works" ? "Just Works!" : Shown.text(card.pairing)
    }

    static func lines(_ card: CardMessage) -> [String] {
        let made = [card.manufacturer, card.model, card.firmware].compactMap { $0 }.filter { !$0.isEmpty }.map { Shown.text($0) }.joined(
            separator: ", ")
        let carrier = card.holder.map { holder in
            "\(Shown.text(holder.name)) (\(Shown.text(holder.id)))"
                + (holder.groups.isEmpty ? "" : ", " + holder.groups.map { Shown.text($0) }.joined(separator: ", "))
        }
        var lines = [
            ("id", card.id.description), ("serial", card.serial.description), ("made by", made.isEmpty ? "–" : made),
            ("address", Shown.text(card.address)),
            ("holder", carrier ?? "nobody: earshot cards assign \(Shown.text(card.name)) HOLDER"),
            ("paired", Shown.fullTime(card.paired) + ", " + worth(card)),
            ("last met", Shown.fullTime(card.seen)), ("heard", card.heard.map { Shown.fullTime($0) + "  " + Nearby.bars(card.rssi) } ?? "–"),
            ("last end", Shown.text(card.lastEnd)),
        ]
        if let low = card.batteryLow { lines.append(("battery", low ? "under 15 %: charge it" : "15 % or more when it last told of it")) }
        if let advice = advice(card) { lines.append(("what to do", advice)) }
        return lines.map { $0.0 + String(repeating: " ", count: 12 - $0.0.count) + $0.1 }
    }

    private static func worth(_ card: CardMessage) -> String {
        if let forgotten = card.forgotten { return "forgotten \(Shown.fullTime(forgotten))" }
        if let foreign = card.foreignBond { return "but another program made the bond anew, \(Shown.fullTime(foreign)): it is not used" }
        switch card.pairing {
        case "passkey": return "by passkey: the bond is authenticated"
        case "comparison": return "by numeric comparison: the bond is authenticated"
        case "just_works": return "by Just Works: the bond is NOT authenticated; somebody made an exception for this card"
        default: return "by \(Shown.text(card.pairing))"
        }
    }

    /// By what its last session ended of; nil: nothing.
    static func advice(_ card: CardMessage) -> String? {
        let name = Shown.text(card.name)
        if card.forgotten != nil { return "pair it again, if it is to come back: earshot pair \(name)" }
        if card.foreignBond != nil {
            return "who has the bond now nobody here knows: earshot forget \(name), remove it on the card, then earshot pair \(name)"
        }
        guard let end = card.lastEnd, card.presence != "linked" else { return nil }
        if end.hasPrefix("one-sided-bond") {
            return "the card has lost or removed its side of the bond: earshot forget \(name), then earshot pair \(name)"
        }
        if end.hasPrefix("refused:") { return "a person is needed: see the last end above, and docs/pairing.md" }
        return card.waiting > 0 && card.presence != "near" ? "\(card.waiting) recordings wait on it: bring it near" : nil
    }
}
