internal import Bytes
internal import GATT
internal import Recordings

/// The one pairing that may be open: its request, what happened, who watches, the question that waits for a person, and how often one went wrong.
final class PairingDesk: Sendable {
    /// Devices that are told of in one window, and devices of others: whoever makes addresses up takes no more memory than this.
    private static let mostFound = 64
    private static let mostOthers = 32
    /// Events that wait for one watcher.
    private static let backlog = 256
    /// A device is told of again when its signal changed by so many dB, at most so often.
    private static let newsInSignal = 3
    private static let signalInterval: Duration = .milliseconds(500)
    /// How long a cancelled pairing may take to undo what it began.
    private static let undoing: Duration = .seconds(30)

    /// What is wanted of whoever hears cards.
    struct Wish: Sendable {
        let id: PairingID
        let request: PairingRequest
        fileprivate let chosen: DeviceAddress?

        /// Whether this device is the one to pair with now.
        func wants(_ device: DeviceAddress, _ name: ForeignText?) -> Bool {
            if request.choose { return device == chosen }
            guard let wanted = request.device else { return true }
            return device.description == wanted.uppercased() || name?.raw == wanted
        }
    }

    private enum Phase: Sendable {
        case listening
        /// One adapter has the device it wants.
        case pairing
        /// The card's row is being written: nothing but that decides any more how it ends.
        case committing
        case over
    }

    private struct Open: Sendable {
        let id: PairingID
        let request: PairingRequest
        var phase = Phase.listening
        var chosen: DeviceAddress?
        var events: [PairingEvent] = []
        /// When each device was last told of.
        var told: [DeviceAddress: Duration] = [:]
        var watchers: [(name: UInt64, stream: AsyncStream<PairingEvent>.Continuation)] = []
        var question: PairingQuestion?
        var answer: CheckedContinuation<PairingAnswer, Never>?
    }

    private struct State: Sendable {
        var open: Open?
        var names: UInt64 = 0
        /// The pairing whose device is being paired with, or undone.
        var underWay: PairingID?
        var failures = PairingFailures()
    }

    private let state = WaitableState(State())
    private let elapsed: @Sendable () -> Duration

    init(elapsed: @escaping @Sendable () -> Duration) { self.elapsed = elapsed }

    // MARK: - The window

    func open(_ request: PairingRequest, at time: UTCTime) throws -> PairingID {
        try state.change { state in
            if let open = state.open, open.phase != .over { throw RadioError.pairingUnderWay }
            guard state.underWay == nil else { throw RadioError.pairingUnderWay }
            if let pause = state.failures.pause(at: elapsed()) { throw RadioError.tooManyFailures(until: time.advanced(by: pause)) }
            let id = PairingID.make(at: time)
            state.open = Open(id: id, request: request)
            return id
        }
    }

    /// Ends each pairing whose window is over, until cancelled.
    func keepWindows(clock: any Clock<Duration>) async throws {
        while true {
            let (id, window) = try await state.when { state in
                state.open.flatMap { $0.phase == .over ? nil : ($0.id, $0.request.window) }
            }
            let ended: Void? = try await withDeadline(window, clock: clock) { try await self.untilClosed(id) }
            guard ended == nil else { continue }
            close(id, .failed(reason: "The pairing window is over.", fix: "Put the card in pairing mode, near the gateway, and pair again."))
            // One that commits ends by itself.
            try await untilClosed(id)
        }
    }

    /// Ends the window, unless the card's row is being written.
    func close(_ id: PairingID, _ event: PairingEvent) {
        publish(event, of: id) { $0.phase != .committing }
    }

    /// Returns when nothing of this pairing is under way any more, or it took too long.
    func untilUndone(_ id: PairingID, clock: any Clock<Duration>) async {
        _ = try? await withDeadline(Self.undoing, clock: clock) {
            try await self.state.when { $0.underWay == id ? nil : () }
        }
    }

    private func untilClosed(_ id: PairingID) async throws {
        try await state.when { state -> Void? in
            if let open = state.open, open.id == id, open.phase != .over { return nil }
            return ()
        }
    }

    // MARK: - Who pairs

    /// What is wanted now; nil when no device is.
    var wish: Wish? {
        state.read { state in
            guard let open = state.open, open.phase == .listening else { return nil }
            return Wish(id: open.id, request: open.request, chosen: open.chosen)
        }
    }

    /// Runs `body`, the pairing with the device that is wanted, unless another adapter does already. It is cancelled when the window closes before
    /// the card's row is written.
    ///
    /// - Returns: nil when another does it.
    func whileOpen<R: Sendable>(_ id: PairingID, _ body: @escaping @Sendable () async throws -> R) async throws -> R? {
        let isMine = state.change { state in
            guard state.underWay == nil, state.open?.id == id, state.open?.phase == .listening else { return false }
            state.open?.phase = .pairing
            state.underWay = id
            return true
        }
        guard isMine else { return nil }
        defer { state.change { $0.underWay = nil } }
        return try await withThrowingTaskGroup(of: R?.self) { group in
            group.addTask { try await body() }
            group.addTask {
                try await self.untilClosed(id)
                throw CancellationError()
            }
            defer { group.cancelAll() }
            return try await group.next() ?? nil
        }
    }

    /// The card's row is written now: neither the window's end nor a person stops it any more.
    ///
    /// - Returns: false when one of them came first.
    func commit(_ id: PairingID) -> Bool {
        state.change { state in
            guard state.open?.id == id, state.open?.phase == .pairing else { return false }
            state.open?.phase = .committing
            return true
        }
    }

    /// A pairing was tried, and the passkey was wrong or the peer refused it.
    func tryFailed() { state.change { $0.failures.add(at: elapsed()) } }

    // MARK: - Who watches

    func events(of id: PairingID) throws -> AsyncStream<PairingEvent> {
        try state.change { state in
            guard state.open?.id == id, let open = state.open else { throw RadioError.unknownPairing }
            let (stream, continuation) = AsyncStream.makeStream(of: PairingEvent.self, bufferingPolicy: .bufferingNewest(Self.backlog))
            for event in open.events { continuation.yield(event) }
            if open.phase == .over {
                continuation.finish()
            } else {
                state.names += 1
                let name = state.names
                state.open?.watchers.append((name, continuation))
                continuation.onTermination = { [self] _ in
                    self.state.change { state in
                        if state.open?.id == id { state.open?.watchers.removeAll { $0.name == name } }
                    }
                }
            }
            return stream
        }
    }

    func publish(_ event: PairingEvent, of id: PairingID) { publish(event, of: id) { _ in true } }

    private func publish(_ event: PairingEvent, of id: PairingID, if isAllowed: @Sendable (Open) -> Bool) {
        let now = elapsed()
        let (watchers, answer) = state.change { state -> ([AsyncStream<PairingEvent>.Continuation], CheckedContinuation<PairingAnswer, Never>?) in
            guard var open = state.open, open.id == id, open.phase != .over, isAllowed(open), Self.keep(event, in: &open, at: now) else {
                return ([], nil)
            }
            let watchers = open.watchers.map(\.stream)
            let answer = event.isLast ? open.answer : nil
            if event.isLast {
                open.phase = .over
                open.watchers = []
                open.answer = nil
            }
            state.open = open
            return (watchers, answer)
        }
        answer?.resume(returning: .no)
        for watcher in watchers {
            watcher.yield(event)
            if event.isLast { watcher.finish() }
        }
    }

    /// - Returns: whether it is news.
    private static func keep(_ event: PairingEvent, in open: inout Open, at now: Duration) -> Bool {
        guard let device = event.heard else {
            open.events.append(event)
            return true
        }
        if let index = open.events.firstIndex(where: { $0.heard == device }) {
            guard open.events[index].isOutdated(by: event, newsInSignal), now - (open.told[device] ?? .zero) >= signalInterval else { return false }
            open.events[index] = event
        } else {
            let isFound = if case .found = event { true } else { false }
            let alike = open.events.count { if case .found = $0 { isFound } else { $0.heard != nil && !isFound } }
            guard alike < (isFound ? mostFound : mostOthers) else { return false }
            open.events.append(event)
        }
        open.told[device] = now
        return true
    }

    // MARK: - What a person says

    /// The device that a person chose of those that were found.
    func choose(_ device: String, of id: PairingID) throws {
        try state.change { state in
            guard var open = state.open, open.id == id else { throw RadioError.unknownPairing }
            guard open.request.choose, open.phase == .listening, open.chosen == nil else { throw RadioError.noSuchQuestion }
            let found = open.events.lazy.compactMap { if case .found(let address, _, _) = $0 { address } else { nil } }
            guard let chosen = found.first(where: { $0.description == device.uppercased() }) else { throw RadioError.notFound }
            open.chosen = chosen
            state.open = open
        }
    }

    /// The host's question: published, then answered by a person. `no` when the pairing ends or the task is cancelled first.
    func ask(_ question: PairingQuestion, of id: PairingID) async -> PairingAnswer {
        if case .displayPasskey = question {
            publish(.question(question), of: id)
            return .yes
        }
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let refused = state.change { state in
                    guard var open = state.open, open.id == id, open.phase == .pairing, open.answer == nil, !Task.isCancelled else { return true }
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
        let isKnown = state.read { $0.open?.id == id }
        guard isKnown else { throw RadioError.unknownPairing }
        let question = state.read { $0.open?.question }
        switch (question, answer) {
        case (.enterPasskey, .passkey), (.confirm, .yes), (.confirm, .no), (.authorize, .yes), (.authorize, .no), (.enterPasskey, .no): break
        default: throw RadioError.noSuchQuestion
        }
        guard let waiter = take(of: id) else { throw RadioError.noSuchQuestion }
        waiter.resume(returning: answer)
    }

    private func take(of id: PairingID) -> CheckedContinuation<PairingAnswer, Never>? {
        state.change { state in
            guard state.open?.id == id else { return nil }
            let waiter = state.open?.answer
            state.open?.answer = nil
            state.open?.question = nil
            return waiter
        }
    }
}
