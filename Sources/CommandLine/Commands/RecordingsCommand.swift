internal import APIClient
internal import ArgumentParser
internal import Daemon
internal import GatewayAPI
internal import Recordings

/// `earshot recordings [WHAT]`
struct RecordingsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "recordings", abstract: "List recordings; with a name, show one.",
        discussion: "WHAT is a card, anna/214, an id or its beginning, or \"anna yesterday 15:00\".")

    @Argument(help: "A card, or a recording.") var what: String?
    @Option(help: "Started at or after: today, yesterday, 2026-11-23, 7d, or RFC 3339.") var since: String?
    @Option(help: "Started before.") var until: String?
    @Option(help: "Started while this person carried the card: a holder's id.") var holder: String?
    @Option(help: "conversation, call or memo.") var kind: String?
    @Option(help: "In this state: listed, pulling, stored, proven …") var state: String?
    @Option(help: "At most so many.") var limit: Int?
    @OptionGroup var gateway: GatewayOptions

    func run() async throws {
        let client = gateway.look
        if let what, what.contains("/") || what.contains(" ") || what.hasPrefix("rec_") {
            return try await show(what, client)
        }
        let now = WallTime.now
        let (from, to) = (try WallTime.moment(since, "--since", now: now), try WallTime.moment(until, "--until", now: now))
        var table = Self.table()
        var left = limit ?? .max
        var cursor: String?
        var isEmpty = true
        repeat {
            let page = try await client.recordings(
                card: what, holder: holder, since: from, until: to, kind: kind, state: state, limit: min(left, 500), cursor: cursor)
            isEmpty = isEmpty && page.items.isEmpty
            if gateway.json { try gateway.report.json(page.items) } else { page.items.forEach { Self.add($0, to: &table) } }
            left -= page.items.count
            cursor = page.next
        } while cursor != nil && left > 0
        guard !gateway.json else { return }
        if isEmpty { try gateway.report.line("No recordings.") } else { try gateway.report.table(table) }
    }

    func validate() throws {
        if let limit, limit < 1 { throw ValidationError("--limit is at least 1.") }
    }

    private func show(_ what: String, _ client: GatewayClient) async throws {
        let recording = try await client.recording(try await RecordingLookup(client: client, now: WallTime.now).name(of: what))
        let report = gateway.report
        guard !gateway.json else { return try report.json([recording]) }
        var table = Self.table()
        Self.add(recording, to: &table)
        try report.table(table)
        try report.line()
        try report.line("id           \(recording.id)")
        try report.line("key          \(Shown.text(recording.key))")
        if let imported = recording.imported {
            try report.line("imported     \(Shown.fullTime(imported.at)), as \(Shown.text(imported.file))")
            try report.line("start known  \(Shown.text(imported.startedFrom?.known?.text ?? imported.startedFrom?.description))")
        }
        try report.line("type         \(Shown.text(recording.type))")
        try report.line("holder       \(Shown.text(recording.holder?.name))")
        try report.line("SHA-256      \(recording.sha256?.description ?? "not here yet")")
        try report.line("stored       \(Shown.fullTime(recording.stored))")
        if recording.imported == nil { try report.line("card's word  \(Shown.fullTime(recording.proven))") }
        try report.line("delivered    \(Shown.fullTime(recording.delivered))")
        if let cause = recording.cause { try report.line("because      \(Shown.text(cause))") }
        for name in recording.annotations { try report.line("annotation   \(Shown.text(name))") }
        for name in recording.artifacts { try report.line("artifact     \(Shown.text(name))") }
        for other in recording.others { try report.line("other copy   \(other)") }
    }

    private static func table() -> TextTable {
        TextTable([
            .init(title: "recording"), .init(title: "started"), .init(title: "length", isNumber: true), .init(title: "kind"),
            .init(title: "marks", isNumber: true), .init(title: "size", isNumber: true), .init(title: "SHA-256"),
            .init(title: "state", givesWay: true),
        ])
    }

    private static func add(_ recording: RecordingMessage, to table: inout TextTable) {
        // Of one that was deleted before it was listed nothing is known.
        let started = recording.started == nil && recording.size > 0 ? "clock unset" : Shown.time(recording.started)
        let state = Shown.text(recording.state.description) + (recording.delivered == nil ? "" : ", delivered")
        table.add([
            Shown.text(recording.ref), started, Shown.length(milliseconds: recording.durationMilliseconds), Shown.text(recording.kind),
            "\(recording.marks)", Shown.size(recording.size), Shown.digest(recording.sha256), state,
        ])
    }
}
