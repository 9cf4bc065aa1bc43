internal import APIClient
internal import GatewayAPI
internal import Recordings

/// What happens while a person pairs cards: lines that are typed and events of the gateway, in the order in which they come.
final class PairingIncidents {
    enum Incident: Sendable {
        case line(String?)
        case event(PairingEventMessage)
        case streamEnded((any Error)?)
        case settled
    }

    /// A window brings some hundred events at most; what is over is what a script typed ahead.
    private static let backlog = 8192

    let feed: AsyncStream<Incident>.Continuation
    private var iterator: AsyncStream<Incident>.Iterator

    init(input: TerminalInput) {
        let (stream, feed) = AsyncStream.makeStream(of: Incident.self, bufferingPolicy: .bufferingOldest(Self.backlog))
        self.feed = feed
        iterator = stream.makeAsyncIterator()
        input.start { feed.yield(.line($0)) }
    }

    /// - Throws: `CancellationError` when the command is to end.
    func next() async throws -> Incident {
        guard let incident = await iterator.next(isolation: #isolation) else { throw CancellationError() }
        try Task.checkCancellation()
        return incident
    }

    /// Asks the person something outside of a pairing.
    ///
    /// - Returns: nil when nobody types any more.
    func ask(_ question: String, on stream: StandardStream) async throws -> String? {
        stream.write(question)
        while true {
            if case .line(let line) = try await next() { return line }
        }
    }
}

/// One pairing window from its opening to its end: the gateway's events, the person's answers, the terminal.
struct PairingRun {
    /// How long others may still be heard after the first.
    private static let settling: Duration = .seconds(1)

    let client: GatewayClient
    let incidents: PairingIncidents
    /// Where questions and the live list go.
    let screen: StandardStream
    /// Whether the person is at a terminal.
    let hasPerson: Bool
    /// Takes each event, for `--json`.
    var record: (PairingEventMessage) throws -> Void = { _ in }

    struct Result {
        let ending: PairingTalk.Ending
        /// The machine's own time: from the choice of the card to the end, without the time that a question waited for its answer.
        let machine: Duration
    }

    /// Opens the window and follows it. When this task is cancelled, or anything fails, the window is closed and what was begun is undone first.
    func run(_ request: PairRequest) async throws -> Result {
        let pairing = try await client.pair(request)
        do {
            return try await follow(pairing.id, chooses: request.choose ?? false)
        } catch {
            await undo(pairing.id)
            throw error
        }
    }

    /// Unstructured, since this task may be cancelled.
    private func undo(_ pairing: String) async {
        let client = client
        await Task { try? await client.cancelPairing(pairing) }.value
    }

    private func follow(_ pairing: String, chooses: Bool) async throws -> Result {
        let (client, feed) = (client, incidents.feed)
        let events = Task {
            do {
                try await client.pairingEvents(pairing) { event in
                    feed.yield(.event(event))
                    return true
                }
                feed.yield(.streamEnded(nil))
            } catch {
                feed.yield(.streamEnded(error))
            }
        }
        defer { events.cancel() }
        var talk = PairingTalk(chooses: chooses, hasPerson: hasPerson)
        var block = LiveBlock(on: screen)
        var watch = MachineWatch()
        while true {
            let incident = try await incidents.next()
            let happening: PairingTalk.Happening
            switch incident {
            case .line(let line?):
                watch.personAnswered()
                block.answered()
                happening = .line(line)
            case .line(nil): happening = .inputEnded
            case .settled: happening = .settled
            case .event(let event):
                try record(event)
                if event.state.known == .pairing { watch.start() }
                happening = .event(event)
            // The answer of what was before comes in order: a stream that ends says first how.
            case .streamEnded(let error): throw error ?? APIError(.connectionLost, "The gateway ended the pairing without saying how.")
            }
            for act in talk.take(happening) {
                if let ending = try await perform(act, talk, pairing, &block, &watch) {
                    // Its stream ends by itself: what it still says is not taken for the next pairing's.
                    if case .nobodyAnswers = ending { await undo(pairing) }
                    try await drain()
                    return Result(ending: ending, machine: watch.time)
                }
            }
        }
    }

    private func drain() async throws {
        var typed: [String?] = []
        while true {
            switch try await incidents.next() {
            case .streamEnded:
                for line in typed { incidents.feed.yield(.line(line)) }
                return
            case .line(let line): typed.append(line)
            case .event, .settled: break
            }
        }
    }

    private func perform(
        _ act: PairingTalk.Act, _ talk: PairingTalk, _ pairing: String, _ block: inout LiveBlock, _ watch: inout MachineWatch
    ) async throws -> PairingTalk.Ending? {
        switch act {
        case .say(let line): block.say(line)
        case .show: block.show(talk.nearby.lines, keys: talk.nearby.keys)
        case .ask(let question):
            watch.personIsAsked()
            block.ask(question)
        case .settle:
            let feed = incidents.feed
            Task {
                try? await ContinuousClock().sleep(for: Self.settling)
                feed.yield(.settled)
            }
        case .answer(let request):
            do {
                try await client.answerPairing(pairing, request)
            } catch let error as APIError where [.conflict, .notFound].contains(error.problem?.code.known) {
                // The window closed in that moment: its last event says so.
            }
        case .end(let ending): return ending
        }
        return nil
    }
}

/// The machine's own time of one pairing.
struct MachineWatch {
    private var since: ContinuousClock.Instant?
    private var asked: ContinuousClock.Instant?
    private var person: Duration = .zero

    mutating func start() { since = .now }
    mutating func personIsAsked() { asked = asked ?? .now }

    mutating func personAnswered() {
        if let asked, since != nil { person += .now - asked }
        asked = nil
    }

    var time: Duration { since.map { .now - $0 - person } ?? .zero }
}
