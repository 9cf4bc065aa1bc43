internal import EventLoop

/// Subscriptions: match rules, owners of well-known names, delivery.
extension Bus {
    /// Adds the rules to the bus and waits until it has accepted them.
    ///
    /// Not ended by cancellation, so that what one caller began is complete for all who share a rule; the bus answers or
    /// the deadline passes.
    func subscribe(_ subscription: Subscription) async throws(DBusError) -> UInt64 {
        let id = attach(subscription)
        var added: [MatchRule] = []
        do {
            for rule in subscription.rules {
                try await add(rule)
                added.append(rule)
                if let name = rule.wellKnownSender { try await follow(name) }
            }
        } catch {
            subscriptions[id] = nil
            for rule in added { remove(rule) }
            throw error
        }
        return id
    }

    func unsubscribe(_ id: UInt64) {
        guard let subscription = subscriptions.removeValue(forKey: id) else { return }
        for rule in subscription.rules { remove(rule) }
    }

    /// Adds a subscription without rules on the bus. One that comes after the connection's end is told at once.
    func attach(_ subscription: Subscription) -> UInt64 {
        lastSubscription += 1
        if let reason = closedBecause { subscription.handle(.failure(reason)) } else { subscriptions[lastSubscription] = subscription }
        return lastSubscription
    }

    nonisolated func detachLater(_ id: UInt64) {
        loop.run { [self] in assumeIsolated { $0.subscriptions[id] = nil } }
    }

    /// Whether a rule, or the following of names, may want a signal with this header.
    func isWanted(_ header: DBusSignal) -> Bool {
        header.sender == Self.busName
            || subscriptions.values.contains { $0.rules.contains { $0.matchesHeader(of: header, owner: { owners[$0]?.owner }) } }
    }

    func deliver(_ signal: DBusSignal) {
        if signal.sender == Self.busName, signal.member == "NameOwnerChanged", let name = signal.arguments.first?.asString,
            let users = owners[name]?.users
        {
            let owner = signal.arguments.last?.asString ?? ""
            owners[name] = (users, owner.isEmpty ? nil : owner)
        }
        for subscription in subscriptions.values
        where subscription.rules.contains(where: { $0.matches(signal, owner: { owners[$0]?.owner }) }) {
            subscription.handle(.success(signal))
        }
    }

    /// - Parameter andThen: runs when AddMatch was queued, before anything else is.
    private func add(_ rule: MatchRule, andThen: () -> Void = {}) async throws(DBusError) {
        let text = rule.text
        let error: DBusError? = await withCheckedContinuation { continuation in
            if rules.add(text, { continuation.resume(returning: $0) }) {
                start(Self.busCall("AddMatch", [.string(text)]), within: DBusConnection.busDeadline) { answer in
                    if case .failure(let error) = answer { self.rules.answered(text, error) } else { self.rules.answered(text, nil) }
                }
            }
            andThen()
        }
        if let error { throw error }
    }

    private func remove(_ rule: MatchRule) {
        if let name = rule.wellKnownSender { unfollow(name) }
        guard rules.remove(rule.text), let message = try? Message.call(Self.busCall("RemoveMatch", [.string(rule.text)])) else { return }
        message.withoutAnswer()
        // When the connection is gone, so is the rule.
        _ = try? send(message)
    }

    /// Learns who owns a name and keeps knowing it.
    private func follow(_ name: String) async throws(DBusError) {
        if let known = owners[name] {
            owners[name] = (known.users + 1, known.owner)
        } else {
            owners[name] = (1, nil)
            try await add(.nameOwnerChanged(name)) {
                start(Self.busCall("GetNameOwner", [.string(name)]), within: DBusConnection.busDeadline) { answer in
                    // An error means that nobody owns it; NameOwnerChanged tells when somebody does.
                    guard case .success(let values) = answer, let users = self.owners[name]?.users else { return }
                    self.owners[name] = (users, values.first?.asString)
                }
            }
        }
        // The bus answers in order: after this the owner is known, whoever asked for it.
        _ = try await callBus("GetId")
    }

    private func unfollow(_ name: String) {
        guard let known = owners[name] else { return }
        if known.users > 1 {
            owners[name] = (known.users - 1, known.owner)
        } else {
            owners[name] = nil
            remove(.nameOwnerChanged(name))
        }
    }
}

extension MatchRule {
    /// The sender, when it is a name that changes hands.
    fileprivate var wellKnownSender: String? {
        guard let sender, !sender.hasPrefix(":"), sender != Bus.busName else { return nil }
        return sender
    }
}
