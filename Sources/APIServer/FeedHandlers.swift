internal import GatewayAPI
internal import HTTPTypes
internal import Hummingbird
internal import Ledger
internal import Recordings
internal import ServiceLifecycle

/// The event log, and what goes on right now.
struct FeedHandlers: Sendable {
    /// Events of one answer.
    private static let page = 100

    let backend: Backend

    var handlers: [Route: HandlerTable.Handler] { [Routes.events: events, Routes.activity: activity] }

    /// JSON with a long poll, or a stream when the caller accepts one.
    @Sendable private func events(_ call: IncomingCall) async throws -> Response {
        try call.query.check("types", "card", "holder", "after", "wait", "limit")
        let filter = try await filter(call.query)
        let streams = call.field(.accept)?.lowercased().contains("text/event-stream") ?? false
        let last = call.field(.lastEventID)
        let asked = try call.query.position("after") ?? last.flatMap { Int64($0) }
        guard streams || last == nil || asked != nil else {
            throw Refusal(.badRequest, "Last-Event-ID is no position in the event log.", fix: "Send the id of the last event you have.")
        }
        let after = asked ?? 0
        guard streams else {
            let wait = try call.query.integer("wait", in: 0...ServerLimits.wait) ?? 0
            let limit = try call.query.integer("limit", in: 1...500) ?? Self.page
            let ledger = backend.ledger
            let page = try await call.untilGone {
                try await ledger.events(after: after, filter, limit: limit, waitingUpTo: .seconds(wait))
            }
            return try .json(EventsMessage(items: page.items.map { message($0) }, after: page.last))
        }
        return .events { sender in
            var position = after
            while !Task.isShuttingDownGracefully {
                let page = try await next(after: position, filter)
                guard let page else { return }
                for event in page.items { try await sender.send(message(event), id: String(event.sequence)) }
                if page.items.isEmpty { try await sender.keepAlive() }
                position = page.last
            }
        }
    }

    /// Nil when the gateway stops.
    private func next(after position: Int64, _ filter: EventFilter) async throws -> EventPage? {
        let ledger = backend.ledger
        do {
            return try await cancelWhenGracefulShutdown {
                try await ledger.events(after: position, filter, limit: Self.page, waitingUpTo: ServerLimits.keepAlive)
            }
        } catch is CancellationError where Task.isShuttingDownGracefully {
            return nil
        }
    }

    @Sendable private func activity(_ call: IncomingCall) async throws -> Response {
        try call.query.check()
        let names = Dictionary(
            try await backend.ledger.cards(withForgotten: true).map { ($0.id, $0.name) }, uniquingKeysWith: { first, _ in first })
        let feed = backend.activity
        let ledger = backend.ledger
        return .events { sender in
            try await feed.withActivities { activities in
                var names = names
                try await sender.forward(activities) { activity in
                    if let card = activity.card, names[card] == nil {
                        names[card] = try await ledger.cards(withForgotten: true).first { $0.id == card }?.name
                    }
                    try await sender.send(ActivityMessage(activity, cardName: activity.card.flatMap { names[$0] }))
                }
            }
        }
    }

    private func filter(_ query: QueryItems) async throws -> EventFilter {
        let types = (query.string("types") ?? "").split(separator: ",").map { type in
            type.hasPrefix(EventMessage.typePrefix) ? String(type.dropFirst(EventMessage.typePrefix.count)) : String(type)
        }
        let card = try await query.string("card").asyncMap { try await backend.ledger.card(named: $0).id }
        let holder = try await query.string("holder").asyncMap { try await backend.holder(named: $0).id }
        return EventFilter(types: types, card: card, holder: holder)
    }

    private func message(_ event: EventInfo) -> EventMessage { EventMessage(event, gateway: backend.ledger.identity.name) }
}

extension IncomingCall {
    /// For waits: ends them when the caller hangs up or the gateway stops.
    func untilGone<R: Sendable>(_ body: @escaping @Sendable () async throws -> R) async throws -> R {
        try await request.body.consumeWithCancellationOnInboundClose { _ in
            try await cancelWhenGracefulShutdown(body)
        }
    }
}
