internal import APIClient
internal import FoundationEssentials
internal import GatewayAPI
internal import Recordings
internal import SystemPackage

/// Compares what the cards hold with what was delivered, byte for byte, and asks the gateway for its own account.
struct DemoProof: Sendable {
    let sandbox: Sandbox

    func fill(_ findings: inout DemoFindings) async throws {
        let recordings = try await sandbox.client.recordings(limit: 100).items
        let deliveries = try await sandbox.client.deliveries(limit: 100).items
        let audit = try await sandbox.client.audit()
        for name in sandbox.options.cards {
            let list = try await sandbox.card(name).ask("list", as: CardListing.self)
            for entry in list.recordings {
                findings.rows.append(try await row(entry, of: name, recordings, deliveries))
            }
            findings.eventsOnCards += Int(list.lastEvent)
            let rows = findings.rows.filter { $0.card == name }
            let part = audit.cards.filter { $0.card.name == name }
            findings.audits.append(
                DemoFindings.CardAudit(
                    card: name, last: rows.map(\.number).max() ?? 0, held: part.map(\.held).reduce(0, +),
                    delivered: part.map(\.delivered).reduce(0, +), deleted: rows.count { $0.deleted != nil }))
        }
        findings.eventsHeld = audit.cards.map(\.eventsHeld).reduce(0, +)
        findings.unexplained = audit.unexplained
        findings.example = deliveries.first { $0.object.hasSuffix(".opus") }.map { sandbox.folder.delivered.appending($0.object).string } ?? ""
        if let deleted = findings.rows.first(where: { $0.deleted != nil }) { findings.ask = "earshot why \(deleted.card)/\(deleted.number)" }
        findings.press = sandbox.card("anna").spelled("press assistant")
    }

    private func row(
        _ entry: CardListing.Entry, of card: String, _ recordings: [RecordingMessage], _ deliveries: [DeliveryMessage]
    ) async throws -> DemoFindings.Row {
        let held = recordings.first { $0.ref == "\(card)/\(entry.number)" }
        let delivery = held.flatMap { held in deliveries.first { $0.recording == held.id } }
        let isDeleted = held?.state.known == .deletedOnCard
        var isEqual = false
        if let delivery, !isDeleted {
            let copy = sandbox.folder.root.appending("proof.opus")
            try await sandbox.card(card).tell("dump", "\(entry.number)", copy.string)
            let onCard = try Data(contentsOf: URL(filePath: copy.string))
            let delivered = try Data(contentsOf: URL(filePath: sandbox.folder.delivered.appending(delivery.object).string))
            try FileManager.default.removeItem(atPath: copy.string)
            isEqual = !onCard.isEmpty && onCard == delivered
        }
        return DemoFindings.Row(
            card: card, number: entry.number, started: held?.started, clock: held?.clock.known ?? .unknown, milliseconds: entry.durationMilliseconds,
            kind: entry.kind, isOneKey: entry.kind == "memo", marks: entry.marks, size: entry.size, onCard: entry.sha256, held: held?.sha256,
            isEqual: isEqual, state: held?.state.known, isDelivered: delivery != nil, deleted: isDeleted ? try await deletion(of: held) : nil)
    }

    private func deletion(of recording: RecordingMessage?) async throws -> UTCTime? {
        guard let recording else { return nil }
        let events = try await sandbox.client.events(types: ["recording.deleted_on_card"], limit: 100).items
        return events.first { $0.subject == recording.id.description }?.time
    }

    /// Adds to a mishap how many bytes were doubled: by how much the file is longer than the card's object.
    func checked(_ mishap: DemoFindings.Mishap, of ref: String, in findings: DemoFindings) -> DemoFindings.Mishap {
        let row = findings.rows.first { "\($0.card)/\($0.number)" == ref }
        let isEqual = row?.isEqual ?? false
        return DemoFindings.Mishap(
            what: mishap.what, then: mishap.then, proof: isEqual ? "0 bytes doubled" : "the file differs from the card's",
            isMended: mishap.isMended && isEqual)
    }

    /// The times of a press and what followed, as the ledger has them.
    func oneKey(press: CardPress) async throws -> DemoFindings.OneKey? {
        let events = try await sandbox.client.events(limit: 1000).items
        guard let pressed = events.first(where: { $0.type == "earshot.button.pressed" && number("number", of: $0) == Int64(press.event) }),
            let at = pressed.time, let received = text("received", of: pressed).flatMap({ UTCTime($0) }), let memo = press.memo
        else { return nil }
        let recording = try await sandbox.client.recording("anna/\(memo)")
        let shown = events.last { $0.type == "earshot.screen.shown" }
        let screen = try await sandbox.card("anna").ask("screen", as: CardScreenLines.self)
        guard let stored = recording.stored, let done = shown?.time ?? shown.flatMap({ text("received", of: $0) }).flatMap({ UTCTime($0) }) else {
            return nil
        }
        func since(_ time: UTCTime) -> Duration { .milliseconds(max(0, time.milliseconds - at.milliseconds)) }
        return DemoFindings.OneKey(
            card: "anna", pressed: at, logged: since(received), memoHere: since(stored), agentDone: since(done),
            screen: screen.lines.joined(separator: " "))
    }

    private func number(_ field: String, of event: EventMessage) -> Int64? {
        guard case .object(let data) = event.data, case .integer(let value)? = data[field] else { return nil }
        return value
    }

    private func text(_ field: String, of event: EventMessage) -> String? {
        guard case .object(let data) = event.data, case .string(let value)? = data[field] else { return nil }
        return value
    }
}

/// `earshot-card NAME list --json`
private struct CardListing: Decodable {
    struct Entry: Decodable {
        let number: UInt32
        let kind: String
        let size: UInt64
        let sha256: SHA256Digest?
        let durationMilliseconds: UInt32
        let marks: Int

        enum CodingKeys: String, CodingKey {
            case number, kind, size, sha256, marks
            case durationMilliseconds = "duration_ms"
        }
    }

    let lastEvent: UInt32
    let recordings: [Entry]

    enum CodingKeys: String, CodingKey {
        case recordings
        case lastEvent = "last_event"
    }
}

/// `earshot-card NAME screen --json`
private struct CardScreenLines: Decodable {
    let lines: [String]
}
