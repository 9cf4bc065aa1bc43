internal import APIClient
internal import ArgumentParser
internal import GatewayAPI
internal import Recordings

/// `earshot audit`
struct AuditCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "audit", abstract: "Prove it: started on the cards = held here = delivered, or the reason.",
        discussion: "Exit status 0 only when nothing is unexplained.")

    @Option(help: "From: today, yesterday, 2026-11-23, 7d, or RFC 3339.") var since: String?
    @Option(help: "Until.") var until: String?
    @Option(help: "One holder.") var holder: String?
    @OptionGroup var gateway: GatewayOptions

    func run() async throws {
        let now = WallTime.now
        let audit = try await gateway.look.audit(
            since: try WallTime.moment(since, "--since", now: now), until: try WallTime.moment(until, "--until", now: now), holder: holder)
        if gateway.json { try gateway.report.json([audit]) } else { try Self.tell(audit, gateway.report) }
        if audit.unexplained > 0 { throw CommandEnd(.failed) }
    }

    private static func tell(_ audit: AuditMessage, _ report: Report) throws {
        guard !audit.cards.isEmpty else { return try report.line("No card recorded anything in this time. Unexplained: \(audit.unexplained)") }
        var cards = TextTable([
            .init(title: "card"), .init(title: "storage", givesWay: true), .init(title: "started", isNumber: true),
            .init(title: "held", isNumber: true), .init(title: "delivered", isNumber: true), .init(title: "events"),
        ])
        for card in audit.cards {
            cards.add([
                Shown.text(card.card.name), Shown.text(card.generation), "\(card.started)", "\(card.held)", "\(card.delivered)",
                "\(card.eventsHeld) of \(card.events)",
            ])
        }
        try report.table(cards)
        if !audit.exceptions.isEmpty {
            try report.line()
            var table = TextTable([.init(title: "what"), .init(title: ""), .init(title: "because", givesWay: true)])
            for exception in audit.exceptions {
                table.add([Shown.text(exception.what), Shown.text(exception.kind.description), Shown.text(exception.cause)])
            }
            try report.table(table)
        }
        try report.line()
        try report.line("Unexplained: \(audit.unexplained)")
    }
}
