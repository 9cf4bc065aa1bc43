internal import APIClient
internal import ArgumentParser
internal import GatewayAPI
internal import Recordings

/// `earshot cards assign CARD HOLDER`
struct CardsAssignCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "assign", abstract: "Who carries a card, from now on or from a time that has passed.",
        discussion:
            "With --from in the past it corrects: recordings of that span, until the card next changed hands, belong to this holder from now on.")

    @Argument(help: "The card.") var card: String
    @Argument(help: "The holder's id, as anna@example.com; nobody takes it from whoever has it.") var holder: String
    @Option(help: "From when: yesterday 15:00, 2026-11-23 9:14, 7d; else from now on.") var from: String?
    @OptionGroup var gateway: GatewayOptions

    func run() async throws {
        let now = WallTime.now
        let from = try WallTime.moment(from, "--from", now: now)
        if let from, from > now {
            throw CommandEnd(
                .usage,
                "--from \(Shown.fullTime(from)) is yet to come: say who carries the card when it has changed hands, or leave --from out for now.")
        }
        let carrier = holder == "nobody" ? nil : holder
        let assigned = try await gateway.control.assignCard(card, AssignCardRequest(holder: carrier, from: from))
        if gateway.json { return try gateway.report.json([assigned]) }
        let since = from.map { " from " + Shown.fullTime($0) } ?? ""
        try gateway.report.line("\(Shown.text(assigned.name)) is \(carrier == nil ? "with nobody" : "carried by \(Shown.text(holder))")\(since).")
        if assigned.holder?.id != carrier { try gateway.report.line("  now: \(Shown.text(assigned.holder?.name))") }
    }
}

/// `earshot cards find CARD`
struct CardsFindCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "find", abstract: "Light and sound on a card that is in range.")

    @Argument(help: "The card.") var card: String
    @Option(help: "Seconds, up to 255; 0 stops it.") var seconds = 10
    @OptionGroup var gateway: GatewayOptions

    func validate() throws {
        guard (0...255).contains(seconds) else { throw ValidationError("--seconds is 0 to 255.") }
    }

    func run() async throws {
        let answer = try await gateway.control.identify(card, IdentifyRequest(forSeconds: seconds))
        if gateway.json { return try gateway.report.json([answer]) }
        try gateway.report.line(seconds == 0 ? "\(Shown.text(card)) is still again." : "\(Shown.text(card)) shows itself for \(seconds) s.")
    }
}

/// `earshot cards screen CARD TEXT`
struct CardsScreenCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "screen", abstract: "A text for a card's screen; it waits for the card up to 15 minutes.")

    @Argument(help: "The card.") var card: String
    @Argument(help: "The text; 48 bytes of it reach the card.") var text: [String]
    @Flag(help: "As an alert.") var alert = false
    @Option(help: "Seconds that it stays, up to 255; 0: until replaced.") var seconds = 0
    @OptionGroup var gateway: GatewayOptions

    func validate() throws {
        guard (0...255).contains(seconds) else { throw ValidationError("--seconds is 0 to 255.") }
        guard !text.isEmpty else { throw ValidationError("Which text?") }
    }

    func run() async throws {
        let shown = try await gateway.control.showOnScreen(
            card, ScreenRequest(text: text.joined(separator: " "), style: alert ? "alert" : nil, forSeconds: seconds))
        if gateway.json { return try gateway.report.json([shown]) }
        try gateway.report.line("\(shown.state == "waiting" ? "It waits for" : "It is on") \(Shown.text(card)).")
    }
}

/// `earshot cards rename CARD NAME`
struct CardsRenameCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "rename", abstract: "Another name for a card.")

    @Argument(help: "The card.") var card: String
    @Argument(help: "Its new name.") var name: String
    @OptionGroup var gateway: GatewayOptions

    func run() async throws {
        let renamed = try await gateway.control.renameCard(card, to: name)
        if gateway.json { return try gateway.report.json([renamed]) }
        try gateway.report.line("\(Shown.text(card)) is called \(Shown.text(renamed.name)) now.")
    }
}

/// `earshot holders`
struct HoldersCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "holders", abstract: "The people who carry cards.")

    @OptionGroup var gateway: GatewayOptions

    func run() async throws {
        let client = gateway.look
        let holders = try await client.holders().items
        if gateway.json { return try gateway.report.json(holders) }
        guard !holders.isEmpty else { return try gateway.report.line("Nobody yet: earshot pair asks, earshot cards import takes a list.") }
        let cards = Dictionary(grouping: try await client.cards().items.filter { $0.holder != nil }) { $0.holder?.id ?? "" }
        var table = TextTable([
            .init(title: "holder"), .init(title: "name", givesWay: true), .init(title: "groups", givesWay: true), .init(title: "carries"),
        ])
        for holder in holders {
            let carried = cards[holder.id, default: []].map { Shown.text($0.name) }.joined(separator: ", ")
            table.add([
                Shown.text(holder.id), Shown.text(holder.name), holder.groups.map { Shown.text($0) }.joined(separator: ", "),
                carried.isEmpty ? "–" : carried,
            ])
        }
        try gateway.report.table(table)
    }
}
