internal import Bytes
internal import GATT
internal import Recordings
internal import Synchronization

/// The one pairing that may be open: its request, what happened, who watches, and the question that waits for a person.
final class PairingDesk: Sendable {
    /// Events kept for a watcher that comes late: found cards repeat, the rest is a handful.
    private static let history = 64

    private struct Open {
        let id: PairingID
        let request: PairingRequest
        var events: [PairingEvent] = []
        var watchers: [UInt64: AsyncStream<PairingEvent>.Continuation] = [:]
        var question: PairingQuestion?
        var answer: CheckedContinuation<PairingAnswer, Never>?
        var isOver = false
    }

    private struct State {
        var open: Open?
        var names: UInt64 = 0
    }

    private let state = Mutex(State())
    /// Rings when a pairing opens or is over.
    private let changed = Doorbell()

    func open(_ request: PairingRequest, at time: UTCTime) throws -> PairingID {
        defer { changed.ring() }
        return try state.withLock { state in
            if let open = state.open, !open.isOver { throw RadioError.pairingUnderWay }
            let id = PairingID.make(at: time)
            state.open = Open(id: id, request: request)
            return id
        }
    }

    /// Ends each pairing whose window is over, until cancelled.
    func keepWindows(clock: any Clock<Duration>) async throws {
        while true {
            try Task.checkCancellation()
            guard let (id, request) = request else {
                await changed.wait()
                continue
            }
            let ended: Void? = try await withDeadline(request.window, clock: clock) {
                while self.request?.id == id {
                    try Task.checkCancellation()
                    await self.changed.wait()
                }
            }
            guard ended == nil else { continue }
            publish(.failed(reason: "The pairing window is over.", fix: "Put the card in pairing mode, near the gateway, and pair again."), of: id)
        }
    }

    /// What is wanted now; nil when no pairing is open.
    var request: (id: PairingID, request: PairingRequest)? {
        state.withLock { state in
            guard let open = state.open, !open.isOver else { return nil }
            return (open.id, open.request)
        }
    }

    func events(of id: PairingID) throws -> AsyncStream<PairingEvent> {
        try state.withLock { state in
            guard state.open?.id == id else { throw RadioError.unknownPairing }
            let (stream, continuation) = AsyncStream.makeStream(of: PairingEvent.self, bufferingPolicy: .bufferingNewest(2 * Self.history))
            for event in state.open?.events ?? [] { continuation.yield(event) }
            if state.open?.isOver == true {
                continuation.finish()
            } else {
                state.names += 1
                let name = state.names
                state.open?.watchers[name] = continuation
                continuation.onTermination = { [self] _ in
                    self.state.withLock { if $0.open?.id == id { $0.open?.watchers[name] = nil } }
                }
            }
            return stream
        }
    }

    func publish(_ event: PairingEvent, of id: PairingID) {
        let (watchers, answer) = state.withLock { state -> ([AsyncStream<PairingEvent>.Continuation], CheckedContinuation<PairingAnswer, Never>?) in
            guard var open = state.open, open.id == id, !open.isOver else { return ([], nil) }
            if case .found = event, open.events.contains(where: { Self.isSameDevice($0, event) }) { return ([], nil) }
            if open.events.count < Self.history || event.isLast { open.events.append(event) }
            open.isOver = event.isLast
            let watchers = Array(open.watchers.values)
            let answer = event.isLast ? open.answer : nil
            if event.isLast {
                open.watchers = [:]
                open.answer = nil
            }
            state.open = open
            return (watchers, answer)
        }
        answer?.resume(returning: .no)
        if event.isLast { changed.ring() }
        for watcher in watchers {
            watcher.yield(event)
            if event.isLast { watcher.finish() }
        }
    }

    private static func isSameDevice(_ a: PairingEvent, _ b: PairingEvent) -> Bool {
        guard case .found(let one, _, _) = a, case .found(let other, _, _) = b else { return false }
        return one == other
    }

    /// The host's question: published, then answered by a person. `no` when the pairing ends or the task is cancelled first.
    func ask(_ question: PairingQuestion, of id: PairingID) async -> PairingAnswer {
        if case .displayPasskey = question {
            publish(.question(question), of: id)
            return .yes
        }
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let refused = state.withLock { state in
                    guard var open = state.open, open.id == id, !open.isOver, open.answer == nil, !Task.isCancelled else { return true }
                    open.question = question
                    open.answer = continuation
                    state.open = open
                    return false
                }
                // Told only now that an answer can be taken, however quick it is.
                if refused { continuation.resume(returning: .no) } else { publish(.question(question), of: id) }
            }
        } onCancel: {
            take(of: id)?.resume(returning: .no)
        }
    }

    func answer(_ answer: PairingAnswer, of id: PairingID) throws {
        let isKnown = state.withLock { $0.open?.id == id }
        guard isKnown else { throw RadioError.unknownPairing }
        let question = state.withLock { $0.open?.question }
        switch (question, answer) {
        case (.enterPasskey, .passkey), (.confirm, .yes), (.confirm, .no), (.authorize, .yes), (.authorize, .no), (.enterPasskey, .no): break
        default: throw RadioError.noSuchQuestion
        }
        guard let waiter = take(of: id) else { throw RadioError.noSuchQuestion }
        waiter.resume(returning: answer)
    }

    private func take(of id: PairingID) -> CheckedContinuation<PairingAnswer, Never>? {
        state.withLock { state in
            guard state.open?.id == id else { return nil }
            let waiter = state.open?.answer
            state.open?.answer = nil
            state.open?.question = nil
            return waiter
        }
    }
}
