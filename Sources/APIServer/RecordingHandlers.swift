internal import GatewayAPI
internal import Hummingbird
internal import Ledger
internal import Radio
internal import Recordings

/// What is held, and why.
struct RecordingHandlers: Sendable {
    let backend: Backend

    var handlers: [Route: HandlerTable.Handler] {
        [
            Routes.recordings: list, Routes.recording: one, Routes.why: why, Routes.deliveries: deliveries,
        ]
    }

    @Sendable private func list(_ call: IncomingCall) async throws -> Response {
        try call.query.check("card", "holder", "since", "until", "kind", "state", "limit", "cursor")
        let page = try await page(call)
        return try .json(ListMessage(page.items.map { RecordingMessage($0) }, next: page.next))
    }

    @Sendable private func one(_ call: IncomingCall) async throws -> Response {
        try call.query.check()
        return try .json(RecordingMessage(try await backend.ledger.recording(named: call.argument("recording"))))
    }

    @Sendable private func why(_ call: IncomingCall) async throws -> Response {
        try call.query.check()
        switch try await backend.ledger.why(call.argument("recording")) {
        case .recording(let facts):
            guard facts.recording.origin == nil else { return try .json(WhyMessage(facts, card: nil)) }
            let card = try await backend.ledger.card(named: facts.recording.card.description)
            return try .json(WhyMessage(facts, card: CardMessage(card, await backend.radio.status())))
        case .absent(let absent): return try .json(WhyMessage(absent, asked: call.argument("recording")))
        }
    }

    /// The copies of a page of recordings.
    @Sendable private func deliveries(_ call: IncomingCall) async throws -> Response {
        try call.query.check("card", "holder", "since", "until", "kind", "state", "limit", "cursor")
        let page = try await page(call)
        var deliveries: [DeliveryMessage] = []
        for recording in page.items where recording.deliveredAt != nil {
            deliveries += try await backend.ledger.deliveries(of: recording.id).map(DeliveryMessage.init)
        }
        return try .json(ListMessage(deliveries, next: page.next))
    }

    private func page(_ call: IncomingCall) async throws -> Page<RecordingInfo> {
        var filter = RecordingFilter(since: try call.query.time("since"), until: try call.query.time("until"))
        filter.card = try await call.query.string("card").asyncMap { try await backend.ledger.source(named: $0) }
        filter.holder = try await call.query.string("holder").asyncMap { try await backend.holder(named: $0).id }
        for kind in (call.query.string("kind") ?? "").split(separator: ",") {
            guard let kind = RecordingKind(kind) else {
                throw Refusal(.badRequest, "There is no such kind of recording.", fix: "Use conversation, call or memo.")
            }
            filter.kinds.insert(kind)
        }
        for state in (call.query.string("state") ?? "").split(separator: ",") {
            guard let state = RecordingState(rawValue: String(state)) else {
                throw Refusal(
                    .badRequest, "There is no such state.", fix: "Use \(RecordingState.allCases.map(\.rawValue).joined(separator: ", ")).")
            }
            filter.states.insert(state)
        }
        let limit = try call.query.integer("limit", in: 1...500) ?? 100
        return try await backend.ledger.recordings(filter, limit: limit, after: call.query.string("cursor"))
    }
}
