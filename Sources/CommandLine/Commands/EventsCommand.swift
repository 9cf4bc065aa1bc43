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
        for type in types where !EventTypes.mayCome(type) {
            StandardStream.error.write(
                line: "! No event is called \(Shown.text(type)). They are: \(EventTypes.all.joined(separator: ", ")).")
        }
        var position = after ?? 0
        if after == nil { position = max(0, try await client.status().lastEvent - Self.recent) }
        var isFirst = true
        var names: [String: String] = [:]
        while true {
            do {
                let page = try await client.events(
                    after: position, types: types, card: card, holder: holder, wait: follow && !isFirst ? 30 : 0, limit: 500)
                isFirst = false
                for event in page.items { try print(event, gateway.json ? nil : try await name(of: event.subject, client, &names)) }
                position = page.after
                guard follow || !page.items.isEmpty else { return }
            } catch let error as APIError where follow && !isFirst && error.isTransient {
                try await ContinuousClock().sleep(for: .seconds(1))
            }
        }
    }

    /// `anna/9` of a recording that an event is about; nil where nobody knows.
    private func name(of subject: String?, _ client: GatewayClient, _ names: inout [String: String]) async throws -> String? {
        guard let subject, RecordingID(subject) != nil else { return nil }
        if let known = names[subject] { return known }
        // An event is shown without the name rather than not at all, or twice.
        do { names[subject] = try await client.recording(subject).ref } catch is APIError {}
        return names[subject]
    }

    private func print(_ event: EventMessage, _ recording: String?) throws {
        guard !gateway.json else { return try gateway.report.json([event]) }
        let card = event.data["card"]?["name"]?.string ?? ""
        let type = event.type.hasPrefix(EventMessage.typePrefix) ? String(event.type.dropFirst(EventMessage.typePrefix.count)) : event.type
        func padded(_ text: String, _ width: Int) -> String { text + String(repeating: " ", count: max(0, width - TextWidth.of(text))) }
        let head = "\(padded(Shown.time(event.time), 14))  \(padded(Shown.text(type), 20))  \(padded(Shown.text(card), 10))  "
        let room = max(24, (StandardStream.output.columns ?? .max) - TextWidth.of(head))
        for (index, piece) in TextWidth.wrapped(Self.detail(event, recording), to: room).enumerated() {
            var line = (index == 0 ? head : String(repeating: " ", count: TextWidth.of(head))) + piece
            while line.last == " " { line.removeLast() }
            try gateway.report.line(line)
        }
    }

    /// What belongs to this event alone.
    private static func detail(_ event: EventMessage, _ recording: String?) -> String {
        guard case .object(let data) = event.data else { return "" }
        let common: Set = ["gateway", "clock", "received", "key", "number", "late_ms", "card", "holder"]
        let named = recording.map { ["recording " + Shown.text($0)] } ?? []
        let isShort = StandardStream.output.columns != nil
        let own = data.filter { !common.contains($0.key) && $0.value != .null && (recording == nil || $0.key != "recording") }
        let told = own.sorted { $0.key < $1.key }.map { name, value in
            var text = value.string ?? (try? APIJSON.encode(value)).map { String(decoding: $0, as: UTF8.self) } ?? ""
            if isShort, text.utf8.count == 64, text.allSatisfy(\.isHexDigit) { text = text.prefix(8) + "…" }
            return Shown.text(name) + " " + Shown.text(text)
        }
        return (named + told).joined(separator: ", ")
    }
}
