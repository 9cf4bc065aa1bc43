internal import APIClient
internal import ArgumentParser
internal import GatewayAPI
internal import Recordings

/// `earshot cards import staff.csv`
struct CardsImportCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "import", abstract: "People and who carries which card, from a list: shows what would change, then asks.",
        discussion: """
            Columns: name, holder, holder_name, groups (with ; between them). A row of a card that is not paired yet adds its holder only: \
            earshot pair --batch takes the same list. Said again it changes nothing.
            """)

    @Argument(help: "The list.") var file: String
    @Flag(help: "Only show what would change.") var dryRun = false
    @Flag(help: "Do not ask.") var yes = false
    @OptionGroup var gateway: GatewayOptions

    func run() async throws {
        let list: StaffList
        do { list = try StaffList(try StaffFile.read(file)) } catch let error as StaffList.Damage {
            throw CommandEnd(.usage, "\(Shown.text(file)): \(error.description)")
        }
        let client = gateway.control
        let changes = StaffChange.all(list, cards: try await client.cards().items, holders: try await client.holders().items)
        for change in changes { try gateway.report.line(change.line) }
        let doing = changes.filter(\.isChange)
        guard !doing.isEmpty else { return try gateway.report.line("Nothing to change: all of it is so already.") }
        if dryRun { return try gateway.report.line("\(doing.count) changes; nothing was changed (--dry-run).") }
        try await Asker.confirm("Make these \(doing.count) changes?", yes: yes, nothing: "nothing was changed")
        for change in doing {
            switch change {
            case .add(let holder), .change(let holder, _):
                _ = try await client.putHolder(holder.id, PutHolderRequest(name: holder.name, groups: holder.groups))
            case .assign(let card, let holder, _): _ = try await client.assignCard(card.id.description, AssignCardRequest(holder: holder))
            case .notPaired: break
            }
        }
        try gateway.report.line("\(doing.count) changes were made.")
    }
}

/// One difference between a list and what the gateway knows.
enum StaffChange {
    case add(HolderMessage)
    case change(HolderMessage, before: HolderMessage)
    case assign(CardMessage, to: String, before: String?)
    /// The row's card is not paired: its holder is added all the same.
    case notPaired(String)

    var isChange: Bool { if case .notPaired = self { false } else { true } }

    var line: String {
        switch self {
        case .add(let holder): "  + holder \(Self.text(holder))"
        case .change(let holder, let before): "  ~ holder \(Self.text(holder)), before: \(Self.text(before))"
        case .assign(let card, let holder, let before):
            "  ~ card \(Shown.text(card.name)): carried by \(Shown.text(holder)) from now on, before: \(before.map { Shown.text($0) } ?? "nobody")"
        case .notPaired(let name): "    card \(Shown.text(name)) is not paired yet"
        }
    }

    private static func text(_ holder: HolderMessage) -> String {
        "\(Shown.text(holder.id)) \"\(Shown.text(holder.name))\""
            + (holder.groups.isEmpty ? "" : " in " + holder.groups.map { Shown.text($0) }.joined(separator: ", "))
    }

    /// In the list's order, each holder once. An empty field leaves what is known as it is.
    static func all(_ list: StaffList, cards: [CardMessage], holders: [HolderMessage]) -> [StaffChange] {
        var known = Dictionary(holders.map { ($0.id, $0) }) { first, _ in first }
        let paired = Dictionary(cards.map { ($0.name, $0) }) { first, _ in first }
        var changes: [StaffChange] = []
        for row in list.rows {
            if let id = row.holder {
                let before = known[id]
                let after = HolderMessage(
                    id: id, name: row.holderName ?? before?.name ?? id, groups: row.groups.isEmpty ? before?.groups ?? [] : row.groups)
                if let before, before != after { changes.append(.change(after, before: before)) }
                if before == nil { changes.append(.add(after)) }
                known[id] = after
            }
            guard let card = paired[row.name] else {
                changes.append(.notPaired(row.name))
                continue
            }
            if let holder = row.holder, card.holder?.id != holder { changes.append(.assign(card, to: holder, before: card.holder?.id)) }
        }
        return changes
    }
}
