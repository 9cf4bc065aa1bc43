internal import GatewayAPI

/// Who asks, and what they may.
struct Caller: Sendable, Hashable {
    let door: Door
    /// `uid:1000`, `local`, or a token's holder.
    let name: String
    /// Of a token; nil: the door alone decides.
    let scopes: Set<Scope>?

    /// What the door and the token say to a route of a fixed right.
    enum Verdict: Hashable {
        case allowed
        /// Look up who owns the job, or who has a lease, and ask again.
        case depends
        case refused(Problem)
    }

    func verdict(on route: Route, path: [String: String]) -> Verdict {
        switch door {
        case .control: return .allowed
        case .read: return Self.readDoor(route)
        case .agents: return tokenVerdict(on: route, path: path)
        }
    }

    private static func readDoor(_ route: Route) -> Verdict {
        let looks: Set<Route.Right> = [.open, .needs(.read), .needsOrLease(.read)]
        guard route.method == .get, looks.contains(route.right) else {
            return .refused(
                Problem(
                    .readOnly, detail: "\(route) is not served at the read socket.", fix: "Use the control socket, as a member of the group earshot.")
            )
        }
        return .allowed
    }

    private func tokenVerdict(on route: Route, path: [String: String]) -> Verdict {
        let scopes = scopes ?? []
        func allowed(_ scope: Scope) -> Verdict {
            scopes.contains(scope) ? .allowed : .refused(Self.missing(scope))
        }
        switch route.right {
        case .open: return .allowed
        case .needs(let scope): return allowed(scope)
        case .needsOrLease(let scope): return scopes.contains(scope) ? .allowed : queues.isEmpty ? .refused(Self.missing(scope)) : .depends
        case .queueInPath: return allowed(.queue(path["queue"] ?? ""))
        case .queueOfJob: return queues.isEmpty ? .refused(Self.missing(.queue("…"))) : .depends
        case .annotationInPath: return allowed(.annotate(path["name"] ?? ""))
        }
    }

    /// The queues that its token is for.
    var queues: Set<String> {
        Set((scopes ?? []).compactMap { if case .queue(let name) = $0 { name } else { nil } })
    }

    static func missing(_ scope: Scope) -> Problem {
        Problem(.notAllowed, detail: "This token has no scope \(scope).", fix: "Use a token with the scope \(scope).")
    }
}
