internal import GatewayAPI
internal import Hummingbird
internal import Ledger
internal import Recordings

/// The proof: for a span of time, and for each recording.
struct AuditHandlers: Sendable {
    let backend: Backend

    var handlers: [Route: HandlerTable.Handler] {
        [Routes.audit: audit, Routes.auditExceptions: exceptions, Routes.receipts: receipts, Routes.receipt: receipt]
    }

    @Sendable private func audit(_ call: IncomingCall) async throws -> Response {
        try call.query.check("since", "until", "card", "holder")
        return try .json(AuditMessage(try await backend.ledger.audit(try await scope(call))))
    }

    @Sendable private func exceptions(_ call: IncomingCall) async throws -> Response {
        let page = try await backend.ledger.exceptions(try await pagedScope(call), limit: try limit(call), after: call.query.string("cursor"))
        return try .json(ListMessage(page.items.map { AuditException($0) }, next: page.next))
    }

    @Sendable private func receipts(_ call: IncomingCall) async throws -> Response {
        let page = try await backend.ledger.receipts(try await pagedScope(call), limit: try limit(call), after: call.query.string("cursor"))
        return try .json(ListMessage(page.items.map { ReceiptMessage($0, gateway: backend.ledger.identity.id) }, next: page.next))
    }

    @Sendable private func receipt(_ call: IncomingCall) async throws -> Response {
        try call.query.check()
        let name = call.argument("recording")
        do {
            return try .json(ReceiptMessage(try await backend.ledger.receipt(of: name), gateway: backend.ledger.identity.id))
        } catch let error as LedgerError where error.code == .notFound {
            guard case .absent(let absent) = try await backend.ledger.why(name) else { throw error }
            throw Refusal(.notHere, "There is no receipt: \(absent.cause)", fix: "Ask why: earshot why \(name).")
        }
    }

    private func pagedScope(_ call: IncomingCall) async throws -> AuditScope {
        try call.query.check("since", "until", "card", "holder", "limit", "cursor")
        return try await scope(call)
    }

    private func limit(_ call: IncomingCall) throws -> Int { try call.query.integer("limit", in: 1...500) ?? 100 }

    private func scope(_ call: IncomingCall) async throws -> AuditScope {
        let scope = AuditScope(
            since: try call.query.time("since"), until: try call.query.time("until"),
            card: try await call.query.string("card").asyncMap { try await backend.ledger.source(named: $0) },
            holder: try await call.query.string("holder").asyncMap { try await backend.holder(named: $0).id })
        if let since = scope.since, let until = scope.until, since >= until {
            throw Refusal(.badRequest, "The span ends before it begins: since \(since), until \(until).", fix: "Give a since before the until.")
        }
        return scope
    }
}
