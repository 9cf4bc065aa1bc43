internal import Bytes
internal import GatewayAPI
internal import Hummingbird
internal import Ledger
internal import Recordings

/// Who listened, paired and changed.
struct AccessHandlers: Sendable {
    let backend: Backend

    var handlers: [Route: HandlerTable.Handler] { [Routes.accesses: list] }

    @Sendable private func list(_ call: IncomingCall) async throws -> Response {
        try call.query.check("since", "until", "recording", "card", "who", "what", "limit", "cursor")
        let recording = try await call.query.string("recording").asyncMap { try await backend.ledger.recording(named: $0).id.description }
        let card = try await call.query.string("card").asyncMap { try await backend.ledger.card(named: $0).id }
        guard recording == nil || card == nil else {
            throw Refusal(.badRequest, "An access is of a recording or of a card.", fix: "Give one of the two.")
        }
        let filter = AccessFilter(
            since: try call.query.time("since"), until: try call.query.time("until"), subject: recording, card: card,
            who: call.query.string("who"), what: call.query.string("what"))
        let page = try await backend.ledger.accesses(
            filter, limit: try call.query.integer("limit", in: 1...500) ?? 100, before: call.query.string("cursor"))
        return try .json(
            ListMessage(
                page.items.map {
                    AccessMessage(
                        sequence: $0.sequence, at: $0.at, who: $0.who, what: $0.what, subject: $0.subject, detail: $0.detail.description)
                }, next: page.next))
    }
}

/// What the log of accesses says of a request that was done. What the ledger writes into it by itself, as a card's new name, is not here.
enum AccessNote {
    private static let words: [Route: String] = [
        Routes.pair: "pairing.opened", Routes.pairingAnswer: "pairing.answered", Routes.cancelPairing: "pairing.ended",
        Routes.cardScreen: "card.texted", Routes.cardIdentify: "card.identified", Routes.cardRecord: "card.record_asked",
        Routes.putAnnotation: "annotation.written", Routes.retryJob: "job.retried", Routes.reloadConfiguration: "configuration.reloaded",
    ]

    /// Nil: nothing is noted, or the ledger has it already.
    static func what(_ route: Route) -> String? { words[route] }

    /// The id of what the path names; what it says where that is none.
    static func subject(_ call: IncomingCall, _ ledger: Ledger) async -> String {
        if let card = call.path["card"] { return (try? await ledger.card(named: card).id.description) ?? card }
        if let recording = call.path["recording"] { return (try? await ledger.recording(named: recording).id.description) ?? recording }
        return call.path["job"] ?? call.path["pairing"] ?? ""
    }
}
