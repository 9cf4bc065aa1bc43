internal import Bytes
internal import GatewayAPI
internal import HTTPTypes
internal import Hummingbird
internal import Ledger
internal import Logging
internal import NIOCore
internal import Recordings

/// Answers every request of one door: finds the route, asks what the caller may, hands it to its handler, turns errors into problems.
struct GatewayResponder: Sendable {
    let door: Door
    let backend: Backend
    let tokens: TokenBook
    let handlers: HandlerTable

    /// - Parameter channel: the connection that the request came by.
    func respond(to request: Request, over channel: any Channel) async -> Response {
        var response = await answered(request, channel)
        response.headers[.date] = backend.wall.now().httpDate
        backend.requests.add(door, response.status.code)
        return response
    }

    private func answered(_ request: Request, _ channel: any Channel) async -> Response {
        do {
            return try await answer(request, channel)
        } catch is CancellationError {
            return .problem(Problem(.stopping, detail: "The gateway stops or the caller went away.", fix: "Ask again in a moment."))
        } catch {
            guard let problem = Refusal.problem(for: error) else {
                backend.logger.error("a request failed", metadata: ["path": "\(ForeignText(request.uri.path))", "error": "\(error)"])
                return .problem(Problem(.failed, detail: "The gateway could not do this.", fix: "See the log of earshotd."))
            }
            return .problem(problem)
        }
    }

    private func answer(_ request: Request, _ channel: any Channel) async throws -> Response {
        let caller = try await caller(of: request, channel)
        switch handlers.routes.find(request.method.rawValue, request.uri.path) {
        case .nothing:
            throw Refusal(.notFound, "There is nothing at this path.", fix: "docs/api.md lists the routes.")
        case .otherMethods(let methods):
            let names = methods.map(\.rawValue).joined(separator: ", ")
            var response = Response.problem(
                Problem(
                    .methodNotAllowed, detail: "This path does not take \(request.method == .head ? "HEAD" : "this method").", fix: "Use \(names)."))
            response.headers[.allow] = names
            return response
        case .route(let route, let path):
            let call = IncomingCall(
                route: route, path: path, query: try QueryItems(request.uri.query), caller: caller, request: request, logger: backend.logger)
            try await allow(call)
            return try await Ledger.$caller.withValue(caller.name) {
                let response = try await handlers.answer(call)
                try await note(call, response)
                return response
            }
        }
    }

    /// Who changed what: workers' everyday life only for whoever looks closely.
    private func note(_ call: IncomingCall, _ response: Response) async throws {
        if response.status.code < 400, let what = AccessNote.what(call.route) {
            try await backend.ledger.noteAccess(
                what, of: await AccessNote.subject(call, backend.ledger), call.path["name"].map { ForeignText($0).description } ?? "")
        }
        guard call.route.method != .get else { return }
        let isWork = call.route.right == .queueInPath || call.route.right == .queueOfJob
        backend.logger.log(
            level: isWork ? .debug : .info, "a caller changed something",
            metadata: ["caller": "\(call.caller.name)", "route": "\(call.route)", "status": "\(response.status.code)"])
    }

    private func caller(of request: Request, _ channel: any Channel) async throws -> Caller {
        guard door == .agents else {
            let peer = await PeerCredentials.of(channel)
            return Caller(door: door, name: peer.map { "uid:\($0.user)" } ?? "local", scopes: nil)
        }
        let fix = "Send Authorization: Bearer TOKEN."
        guard let field = request.headers[.authorization] else {
            throw Refusal(.tokenMissing, "The agents' socket serves nothing without a token.", fix: fix)
        }
        let parts = field.split(separator: " ", omittingEmptySubsequences: true)
        guard parts.count == 2, parts[0].lowercased() == "bearer" else { throw Refusal(.tokenMissing, "The token is not understood.", fix: fix) }
        guard let token = tokens.token(String(parts[1])) else {
            throw Refusal(.tokenUnknown, "This token is not known.", fix: "Tokens of built-in workers are made anew at each start of the gateway.")
        }
        return Caller(door: door, name: token.holder, scopes: token.scopes)
    }

    private func allow(_ call: IncomingCall) async throws {
        switch call.caller.verdict(on: call.route, path: call.path) {
        case .allowed: return
        case .refused(let problem): throw Refusal(problem)
        case .depends: break
        }
        switch call.route.right {
        case .queueOfJob:
            let job = try await backend.job(named: call.argument("job"))
            guard call.caller.queues.contains(job.queue) else { throw Refusal(Caller.missing(.queue(job.queue))) }
        case .needsOrLease(let scope):
            if try await hasLease(call) { return }
            throw Refusal(
                .notAllowed, "This token has neither the scope \(scope) nor a lease on a job of this recording.",
                fix: "Lease a job of the recording, or use a token with the scope \(scope).")
        case .open, .needs, .queueInPath, .annotationInPath:
            throw Refusal(Caller.missing(.admin))
        }
    }

    /// Whether there is such a recording, and what else begins so, only who may read it learns.
    private func hasLease(_ call: IncomingCall) async throws -> Bool {
        do {
            let recording = try await backend.ledger.recording(named: call.argument("recording"))
            return try await backend.ledger.isLeased(recording.id, by: call.caller.queues)
        } catch let error as LedgerError where [.notFound, .ambiguous, .invalid].contains(error.code) {
            return false
        }
    }
}

extension UTCTime {
    /// As HTTP writes it (RFC 9110, 5.6.7): `Sun, 06 Nov 1994 08:49:37 GMT`.
    fileprivate var httpDate: String {
        func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
        let fields = fields
        let days = milliseconds / 86_400_000
        let weekday = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"][Int((days % 7 + 7) % 7)]
        let month = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"][fields.month - 1]
        return "\(weekday), \(two(fields.day)) \(month) \(fields.year) \(two(fields.hour)):\(two(fields.minute)):\(two(fields.second)) GMT"
    }
}
