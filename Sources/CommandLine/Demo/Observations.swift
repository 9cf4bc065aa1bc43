internal import APIClient
internal import GatewayAPI
internal import Recordings

/// Everything that the gateway said of its doings, with the moment at which it was heard here; whoever waits is told.
actor Observations {
    struct Heard: Sendable {
        let activity: ActivityMessage
        let at: ContinuousClock.Instant
    }

    /// Ends a hang; nothing that the demo waits for takes a tenth of it.
    private static let patience: Duration = .seconds(180)

    private var heard: [Heard] = []
    private var waiters: [UInt64: (look: (Heard) -> Bool, continuation: CheckedContinuation<Heard, any Error>)] = [:]
    private var names: UInt64 = 0
    private let tell: @Sendable (ActivityMessage) -> Void

    /// - Parameter tell: called with each activity in turn, for the live display.
    init(tell: @escaping @Sendable (ActivityMessage) -> Void) { self.tell = tell }

    /// Follows the gateway's activity until cancelled; when the gateway goes away, takes it up again once it is back.
    nonisolated func follow(_ client: GatewayClient) async throws {
        while true {
            try Task.checkCancellation()
            do {
                try await client.activity { activity in
                    await self.add(activity)
                    return true
                }
            } catch is CancellationError {
                throw CancellationError()
            } catch {
                // It was killed, or is not up yet.
                try await ContinuousClock().sleep(for: .milliseconds(20))
            }
        }
    }

    private func add(_ activity: ActivityMessage) {
        let entry = Heard(activity: activity, at: .now)
        heard.append(entry)
        tell(activity)
        for (name, waiter) in waiters where waiter.look(entry) {
            waiters[name] = nil
            waiter.continuation.resume(returning: entry)
        }
    }

    /// The first activity that fits, heard at or after a moment; waits for it.
    nonisolated func first(
        _ what: String, since: ContinuousClock.Instant, where fits: @escaping @Sendable (ActivityMessage) -> Bool
    ) async throws -> Heard {
        let found: Heard? = try await withThrowingTaskGroup(of: Heard?.self) { group in
            group.addTask { try await self.wait { $0.at >= since && fits($0.activity) } }
            group.addTask {
                try await ContinuousClock().sleep(for: Self.patience)
                return nil
            }
            defer { group.cancelAll() }
            return try await group.next() ?? nil
        }
        guard let found else { throw ProgramFailure(description: "Not seen within \(Self.patience): \(what)") }
        return found
    }

    private func wait(_ look: @escaping @Sendable (Heard) -> Bool) async throws -> Heard {
        if let found = heard.first(where: look) { return found }
        names += 1
        let name = names
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                if Task.isCancelled {
                    continuation.resume(throwing: CancellationError())
                } else {
                    waiters[name] = (look, continuation)
                }
            }
        } onCancel: {
            // An actor's state can only be reached by a task.
            Task { await self.giveUp(name) }
        }
    }

    private func giveUp(_ name: UInt64) {
        waiters.removeValue(forKey: name)?.continuation.resume(throwing: CancellationError())
    }
}
