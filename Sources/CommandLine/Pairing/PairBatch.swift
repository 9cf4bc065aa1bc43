internal import APIClient
internal import FoundationEssentials
internal import GatewayAPI
internal import Recordings

/// `earshot pair --batch staff.csv`: one card after the other, each row of the list once.
struct PairBatch {
    /// What came of one row.
    struct Outcome: Sendable {
        enum End: Sendable {
            case paired(PairedFacts, seconds: Double)
            /// It was paired before this run.
            case already(CardMessage)
            case skipped
            /// The last try's reason.
            case failed(String)
        }

        let row: StaffList.Row
        let end: End
    }

    private enum Word {
        case go, skip, quit
    }

    let client: GatewayClient
    let incidents: PairingIncidents
    let screen: StandardStream
    let allowUnauthenticated: Bool
    let window: Int

    /// - Returns: what came of each row, in the list's order; those behind the one where the person stopped are skipped.
    func run(_ list: StaffList) async throws -> [Outcome] {
        let paired = Dictionary(try await client.cards().items.map { ($0.name, $0) }) { first, _ in first }
        var outcomes: [Outcome] = []
        var hasQuit = false
        for (index, row) in list.rows.enumerated() {
            if let card = paired[row.name] {
                try await Self.carry(card.id, row, client)
                outcomes.append(Outcome(row: row, end: .already(card)))
                screen.write(line: "[\(index + 1) of \(list.rows.count)] \(Shown.text(row.name)) is paired already.")
            } else if hasQuit {
                outcomes.append(Outcome(row: row, end: .skipped))
            } else {
                let end = try await pair(row, "[\(index + 1) of \(list.rows.count)] ")
                if let end {
                    outcomes.append(Outcome(row: row, end: end))
                } else {
                    hasQuit = true
                    outcomes.append(Outcome(row: row, end: .skipped))
                }
            }
        }
        return outcomes
    }

    /// - Returns: nil when the person wants no more cards.
    private func pair(_ row: StaffList.Row, _ place: String) async throws -> Outcome.End? {
        let carrier = row.holder.map { row.holderName.map { Shown.text($0) } ?? Shown.text($0) } ?? "nobody yet"
        var failure: String?
        while true {
            let question =
                failure == nil
                ? "\(place)Next card: \(Shown.text(row.name)), carried by \(carrier). Open pairing mode on it, then Enter (s skip, q stop): "
                : "\(place)\(Shown.text(row.name)) again: Enter (s skip, q stop): "
            switch try await word(question) {
            case .quit: return nil
            case .skip: return failure.map { .failed($0) } ?? .skipped
            case .go: break
            }
            let run = PairingRun(client: client, incidents: incidents, screen: screen, hasPerson: true)
            let result = try await run.run(
                PairRequest(name: row.name, choose: true, allowUnauthenticated: allowUnauthenticated, windowSeconds: window))
            switch result.ending {
            case .paired(let facts):
                try await Self.carry(facts.card, row, client)
                let seconds = result.machine.inSeconds
                let method = facts.isAuthenticated ? "authenticated" : "NOT authenticated"
                screen.write(
                    line: "\(place)Paired: \(Shown.text(row.name)) is \(facts.serial), \(method), \(Self.text(seconds)) s of the machine's own time.")
                return .paired(facts, seconds: seconds)
            case .failed(let reason, let fix):
                failure = reason
                screen.write(line: "\(place)Not paired: " + Sentences.joined(Shown.text(reason), Shown.text(fix)))
            case .nobodyAnswers(let what): throw CommandEnd(.needsPerson, "\(what), and nobody answers. Run it again: what is paired stays paired.")
            }
        }
    }

    private func word(_ question: String) async throws -> Word {
        guard let line = try await incidents.ask(question, on: screen) else { return .quit }
        switch line.lowercased().filter({ !$0.isWhitespace }) {
        case "s", "skip": return .skip
        case "q", "quit": return .quit
        default: return .go
        }
    }

    /// Name and groups of the holder as the list says, and that he carries the card from now on.
    static func carry(_ card: CardID, _ row: StaffList.Row, _ client: GatewayClient) async throws {
        guard let holder = row.holder else { return }
        let known = try await client.holders().items.first { $0.id == holder }
        let name = row.holderName ?? known?.name ?? holder
        let groups = row.groups.isEmpty ? known?.groups ?? [] : row.groups
        if known?.name != name || known?.groups != groups { _ = try await client.putHolder(holder, PutHolderRequest(name: name, groups: groups)) }
        if try await client.card(card.description).holder?.id != holder {
            _ = try await client.assignCard(card.description, AssignCardRequest(holder: holder))
        }
    }

    // MARK: - Its end

    static func table(_ outcomes: [Outcome]) -> TextTable {
        var table = TextTable([
            .init(title: "card"), .init(title: "holder", givesWay: true), .init(title: "state"), .init(title: "serial"), .init(title: "method"),
            .init(title: "seconds", isNumber: true), .init(title: "why", givesWay: true),
        ])
        for outcome in outcomes {
            let cells = cells(outcome)
            table.add([
                Shown.text(outcome.row.name), Shown.text(outcome.row.holder), cells.state, cells.serial, cells.method, cells.seconds, cells.why,
            ])
        }
        return table
    }

    /// RFC 4180, with a head.
    static func csv(_ outcomes: [Outcome]) -> String {
        let lines = outcomes.map { outcome in
            let cells = cells(outcome)
            return [outcome.row.name, outcome.row.holder ?? "", cells.state, cells.serial, cells.card, cells.method, cells.seconds, cells.why]
        }
        return ([["name", "holder", "state", "serial", "card", "method", "seconds", "why"]] + lines).map { fields in
            fields.map { $0.contains { ",\"\n\r".contains($0) } ? "\"" + $0.replacing("\"", with: "\"\"") + "\"" : $0 }.joined(separator: ",")
                + "\r\n"
        }.joined()
    }

    private static func cells(_ outcome: Outcome) -> (state: String, serial: String, card: String, method: String, seconds: String, why: String) {
        switch outcome.end {
        case .paired(let facts, let seconds): ("paired", "\(facts.serial)", "\(facts.card)", facts.method, text(seconds), "")
        case .already(let card): ("already", "\(card.serial)", "\(card.id)", card.pairing ?? "", "", "")
        case .skipped: ("skipped", "", "", "", "", "")
        case .failed(let reason): ("failed", "", "", "", "", Shown.text(reason))
        }
    }

    static func text(_ seconds: Double) -> String {
        let hundredths = Int((seconds * 100).rounded())
        return "\(hundredths / 100).\(hundredths % 100 < 10 ? "0" : "")\(hundredths % 100)"
    }
}

extension Duration {
    var inSeconds: Double { Double(components.seconds) + Double(components.attoseconds) / 1e18 }
}
