internal import APIClient
internal import ArgumentParser
internal import GatewayAPI
internal import Recordings

/// `earshot audit [WHAT]`
struct AuditCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "audit", abstract: "Prove it: started on the cards = held here = delivered, or the reason.",
        discussion: """
            WHAT is a card, or one recording, whose receipt is shown: anna/214, an id or its beginning, or "anna yesterday 15:00".
            What has no known time counts in every span that it may belong to.
            Exit status 0: nothing is unexplained; 4: something is, and a person must look. Of one recording: 0 its receipt is complete or says why \
            there is nothing to come, 3 the rest comes by itself, 4 a person is needed.
            """)

    @Argument(help: "A card, or a recording.") var what: String?
    @Option(help: "Started at or after: today, yesterday, 2026-11-23, 7d, or RFC 3339.") var since: String?
    @Option(help: "Started before.") var until: String?
    @Option(help: "Started while this person carried the card.") var holder: String?
    @Flag(help: "Also the receipt of each recording.") var receipts = false
    @OptionGroup var gateway: GatewayOptions

    private var recording: String? { what.flatMap { $0.contains("/") || $0.contains(" ") || $0.hasPrefix("rec_") ? $0 : nil } }

    func validate() throws {
        guard recording == nil || (since == nil && until == nil && holder == nil) else {
            throw ValidationError("A recording has one receipt: leave out --since, --until and --holder.")
        }
    }

    func run() async throws {
        let (client, now) = (gateway.look, WallTime.now)
        if let recording {
            let receipt = try await client.receipt(try await RecordingLookup(client: client, now: now).name(of: recording))
            if gateway.json { try gateway.report.json([receipt]) } else { try ReceiptText.tell(receipt, gateway.report) }
            let status = ReceiptText.status(receipt)
            if status != .fine { throw CommandEnd(status) }
            return
        }
        let query = AuditQuery(
            since: try WallTime.moment(since, "--since", now: now), until: try WallTime.moment(until, "--until", now: now), card: what, holder: holder
        )
        if let since = query.since, since > now {
            throw CommandEnd(.usage, "--since \(Shown.fullTime(since)) is yet to come: there is nothing to prove.")
        }
        let audit = try await client.audit(query)
        if gateway.json {
            try gateway.report.json([audit])
            try await eachPage(from: audit.next) { try await client.auditExceptions(query, limit: 500, cursor: $0) }
        } else {
            try AuditText(audit: audit, isOfAll: query == AuditQuery(), isOfSpan: query.since != nil || query.until != nil).tell(gateway.report)
        }
        if receipts { try await tellReceipts(query, client) }
        if audit.unexplained > 0 { throw CommandEnd(.needsPerson) }
    }

    /// The pages of a list, one JSON object a line.
    private func eachPage<Item>(from cursor: String?, _ page: (String) async throws -> ListMessage<Item>) async throws {
        var next = cursor
        while let cursor = next {
            let list = try await page(cursor)
            try gateway.report.json([list])
            next = list.next
        }
    }

    private func tellReceipts(_ query: AuditQuery, _ client: GatewayClient) async throws {
        var cursor: String?
        repeat {
            let page = try await client.receipts(query, limit: 500, cursor: cursor)
            if gateway.json {
                try gateway.report.json(page.items)
            } else if !page.items.isEmpty {
                try gateway.report.line()
                try gateway.report.table(ReceiptText.table(page.items))
            }
            cursor = page.next
        } while cursor != nil
    }
}
