internal import APIClient
internal import ArgumentParser
internal import GatewayAPI
internal import Recordings

/// `earshot cards [CARD]`
struct CardsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "cards", abstract: "The paired cards; with a name, one of them.")

    @Argument(help: "Name, id or serial number.") var card: String?
    @OptionGroup var gateway: GatewayOptions

    func run() async throws {
        let client = gateway.look
        let found = if let card { [try await client.card(card)] } else { try await client.cards().items }
        guard !gateway.json else { return try gateway.report.json(found) }
        guard !found.isEmpty else { return try gateway.report.line("No card is paired yet.") }
        try gateway.report.table(Self.table(found))
        guard card != nil, let one = found.first else { return }
        try gateway.report.line()
        for (name, value) in Self.facts(one) { try gateway.report.line("\(name)  \(value)") }
    }

    static func table(_ cards: [CardMessage]) -> TextTable {
        var table = TextTable([
            .init(title: "card"), .init(title: "holder", givesWay: true), .init(title: "where"), .init(title: "last session"),
            .init(title: "waiting", isNumber: true), .init(title: "held", isNumber: true),
        ])
        for card in cards {
            table.add([
                Shown.text(card.name), Shown.text(card.holder?.name), Shown.text(card.presence), Shown.time(card.seen), "\(card.waiting)",
                "\(card.held)",
            ])
        }
        return table
    }

    private static func facts(_ card: CardMessage) -> [(String, String)] {
        [
            ("id        ", card.id.description), ("serial    ", card.serial.description),
            (
                "made by   ",
                [card.manufacturer, card.model, card.firmware].compactMap { $0 }.filter { !$0.isEmpty }.map { Shown.text($0) }.joined(separator: ", ")
            ),
            ("paired    ", "\(Shown.fullTime(card.paired)) by \(Shown.text(card.pairing))"), ("last end  ", Shown.text(card.lastEnd)),
        ]
    }
}
