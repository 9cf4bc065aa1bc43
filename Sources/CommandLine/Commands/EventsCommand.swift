internal import APIClient
internal import ArgumentParser
internal import GatewayAPI
internal import Recordings

/// `earshot events [--follow]`
struct EventsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "events", abstract: "Presses, marks, recordings, health, as they are logged.")

    /// Shown when nothing says where to begin.
    private static let recent: Int64 = 50

    @Flag(help: "Go on until Ctrl-C, also through restarts of the gateway.") var follow = false
    @Option(help: "Only these types, as button.* or recording.stored; several with commas.") var types: String?
    @Option(help: "Only of this card.") var card: String?
    @Option(help: "Only while this person carried the card: a holder's id.") var holder: String?
    @Option(help: "Begin behind this position; 0 is the beginning. Else the newest \(recent).") var after: Int64?
    @OptionGroup var gateway: GatewayOptions

    func validate() throws {
        if let after, after < 0 { throw ValidationError("--after is 0 or a position that an event named.") }
    }

    func run() async throws {
        let client = gateway.control
        let types = (types ?? "").split(separator: ",").map(String.init)
        var position = after ?? 0
        if after == nil { position = max(0, try await client.status().lastEvent - Self.recent) }
        var isFirst = true
        while true {
            do {
                let page = try await client.events(
                    after: position, types: types, card: card, holder: holder, wait: follow && !isFirst ? 30 : 0, limit: 500)
                isFirst = false
                for event in page.items { try print(event) }
                position = page.after
                guard follow || !page.items.isEmpty else { return }
            } catch let error as APIError where follow && !isFirst && error.isTransient {
                try await ContinuousClock().sleep(for: .seconds(1))
            }
        }
    }

    private func print(_ event: EventMessage) throws {
        guard !gateway.json else { return try gateway.report.json([event]) }
        let card = event.data["card"]?["name"]?.string ?? ""
        let type = event.type.hasPrefix(EventMessage.typePrefix) ? String(event.type.dropFirst(EventMessage.typePrefix.count)) : event.type
        func padded(_ text: String, _ width: Int) -> String { text + String(repeating: " ", count: max(0, width - TextWidth.of(text))) }
        let line = "\(padded(Shown.time(event.time), 14))  \(padded(Shown.text(type), 20))  \(padded(Shown.text(card), 10))  \(Self.detail(event))"
        try gateway.report.line(StandardStream.output.columns.map { TextWidth.cut(line, to: $0) } ?? line)
    }

    /// What belongs to this event alone.
    private static func detail(_ event: EventMessage) -> String {
        guard case .object(let data) = event.data else { return "" }
        let common: Set = ["gateway", "clock", "received", "key", "number", "late_ms", "card", "holder"]
        return data.filter { !common.contains($0.key) && $0.value != .null }.sorted { $0.key < $1.key }.map { name, value in
            let text = value.string ?? (try? APIJSON.encode(value)).map { String(decoding: $0, as: UTF8.self) } ?? ""
            return Shown.text(name) + " " + Shown.text(text)
        }.joined(separator: ", ")
    }
}
