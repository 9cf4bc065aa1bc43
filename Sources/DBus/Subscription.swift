internal import EventLoop

/// Whoever is told of signals. Without rules it is told of the connection's end only.
struct Subscription: Sendable {
    let rules: [MatchRule]
    let handle: @Sendable (Result<DBusSignal, DBusError>) -> Void
}

/// The match rules that the bus holds for us, each once, however many subscriptions share it.
struct MatchRules {
    typealias Waiter = @Sendable (DBusError?) -> Void

    private struct Entry {
        var count = 1
        var isAccepted = false
        var waiters: [Waiter]
    }

    private var entries: [String: Entry] = [:]

    /// Adds a user of a rule; `waiter` is told when the bus has accepted or refused it.
    ///
    /// - Returns: whether AddMatch must be called.
    mutating func add(_ rule: String, _ waiter: @escaping Waiter) -> Bool {
        guard var entry = entries[rule] else {
            entries[rule] = Entry(waiters: [waiter])
            return true
        }
        entry.count += 1
        if entry.isAccepted { waiter(nil) } else { entry.waiters.append(waiter) }
        entries[rule] = entry
        return false
    }

    /// The bus has answered AddMatch.
    mutating func answered(_ rule: String, _ error: DBusError?) {
        guard var entry = entries[rule] else { return }
        let waiters = entry.waiters
        entry.waiters = []
        entry.isAccepted = true
        entries[rule] = error == nil ? entry : nil
        for waiter in waiters { waiter(error) }
    }

    /// - Returns: whether RemoveMatch must be called.
    mutating func remove(_ rule: String) -> Bool {
        guard var entry = entries[rule], entry.isAccepted else { return false }
        entry.count -= 1
        entries[rule] = entry.count > 0 ? entry : nil
        return entry.count == 0
    }
}
