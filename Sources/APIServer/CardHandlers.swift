internal import Bytes
internal import GATT
internal import GatewayAPI
internal import HTTPTypes
internal import Hummingbird
internal import Ledger
internal import Radio
internal import Recordings

/// Cards, holders, and what a card is asked to do.
struct CardHandlers: Sendable {
    /// Of two machines, in milliseconds: a time that is ahead by no more is now.
    private static let clockDifference: Int64 = 60_000

    let backend: Backend

    var handlers: [Route: HandlerTable.Handler] {
        [
            Routes.cards: list, Routes.card: one, Routes.renameCard: rename, Routes.forgetCard: forget, Routes.assignCard: assign,
            Routes.holders: holders, Routes.addHolder: addHolder, Routes.putHolder: putHolder, Routes.cardScreen: screen,
            Routes.cardIdentify: identify, Routes.cardRecord: record,
        ]
    }

    @Sendable private func list(_ call: IncomingCall) async throws -> Response {
        try call.query.check("forgotten")
        let cards = try await backend.ledger.cards(withForgotten: call.query.string("forgotten") == "true")
        let radio = await backend.radio.status()
        return try .json(ListMessage(cards.map { CardMessage($0, radio) }))
    }

    @Sendable private func one(_ call: IncomingCall) async throws -> Response {
        try call.query.check()
        return try .json(CardMessage(try await backend.ledger.card(named: call.argument("card")), await backend.radio.status()))
    }

    @Sendable private func rename(_ call: IncomingCall) async throws -> Response {
        let request: RenameCardRequest = try await call.json()
        let card = try await backend.ledger.card(named: call.argument("card"))
        return try .json(CardMessage(try await backend.ledger.rename(card.id, to: request.name), await backend.radio.status()))
    }

    /// The bond first: a row that is forgotten while bluetoothd keeps its bond would leave one that nobody uses and nobody sees.
    @Sendable private func forget(_ call: IncomingCall) async throws -> Response {
        try call.query.check()
        let card = try await backend.ledger.card(named: call.argument("card"))
        guard card.bond != nil else { throw Refusal(.conflict, "This card was forgotten already.", fix: "Pair it again: earshot pair.") }
        var bond = ForgottenMessage.Bond.removed
        do {
            try await backend.radio.forget(card.id)
        } catch RadioError.unknownCard {
            bond = .outOfReach
        } catch let error as GATTError {
            throw Refusal(.radioUnavailable, "The bond was not removed: \(error)", fix: "See what the radio says: earshot status. Then try again.")
        }
        try await backend.ledger.forget(card.id)
        let forgotten = CardMessage(try await backend.ledger.card(named: card.id.description), await backend.radio.status())
        return try .json(ForgottenMessage(card: forgotten, bond: Term(bond)))
    }

    @Sendable private func assign(_ call: IncomingCall) async throws -> Response {
        let request: AssignCardRequest = try await call.json()
        let card = try await backend.ledger.card(named: call.argument("card"))
        let holder = try await request.holder.asyncMap { try await backend.holder(named: $0).id }
        let now = backend.wall.now()
        guard (request.from ?? now) <= now.advanced(by: Self.clockDifference) else {
            throw Refusal(
                .badRequest, "A card changes hands now or has done so: \(request.from ?? now) is yet to come.",
                fix: "Say it when it has happened, or leave `from` out for now.")
        }
        try await backend.ledger.assign(card.id, to: holder, from: min(request.from ?? now, now))
        return try .json(CardMessage(try await backend.ledger.card(named: card.id.description), await backend.radio.status()))
    }

    @Sendable private func holders(_ call: IncomingCall) async throws -> Response {
        try call.query.check()
        return try .json(ListMessage(try await backend.ledger.holders().map(HolderMessage.init)))
    }

    @Sendable private func addHolder(_ call: IncomingCall) async throws -> Response {
        let request: HolderRequest = try await call.json()
        let holder = try await backend.ledger.addHolder(handle: request.id, name: request.name, groups: request.groups ?? [])
        return try .json(HolderMessage(holder), status: .created)
    }

    @Sendable private func putHolder(_ call: IncomingCall) async throws -> Response {
        let request: PutHolderRequest = try await call.json()
        let (holder, _) = try await backend.ledger.putHolder(handle: call.argument("holder"), name: request.name, groups: request.groups ?? [])
        return try .json(HolderMessage(holder))
    }

    /// Written to the ledger, and shown at the card's next link at the latest.
    @Sendable private func screen(_ call: IncomingCall) async throws -> Response {
        let request: ScreenRequest = try await call.json()
        let card = try await pairedCard(call)
        let shown = try await backend.ledger.show(try ScreenText(request), on: card)
        await backend.radio.screenWaits(for: card)
        return try .json(ScreenMessage(id: shown.id.description, state: shown.state.rawValue), status: .created)
    }

    @Sendable private func identify(_ call: IncomingCall) async throws -> Response {
        let request: IdentifyRequest = try await call.json()
        let seconds = UInt8(clamping: request.forSeconds ?? 10)
        return try await perform(.find(seconds: seconds), call)
    }

    @Sendable private func record(_ call: IncomingCall) async throws -> Response {
        let request: RecordRequest = try await call.json()
        let commands: [String: RecordCommand] = ["start": .start, "stop": .stop, "memo": .memo, "mark": .mark]
        guard let command = commands[request.action] else {
            throw Refusal(.badRequest, "The action is none that a card knows.", fix: "Use start, stop, memo or mark.")
        }
        guard backend.settings.remoteRecord || [.stop, .mark].contains(command) else {
            throw Refusal(
                .notAllowed, "No microphone is started from this gateway.",
                fix: "Whoever runs it may set remote_record under [privacy] in earshot.toml.")
        }
        return try await perform(.record(command), call)
    }

    private func perform(_ action: CardAction, _ call: IncomingCall) async throws -> Response {
        let card = try await pairedCard(call)
        switch try await backend.radio.perform(action, on: card, within: ServerLimits.action) {
        case .done(let recording): return try .json(CardActionMessage(state: "done", recording: recording == 0 ? nil : recording))
        case .refused(let result):
            throw Refusal(.cardRefused, "The card answered with result \(result).", fix: "See the results of the control point in docs/profile.md.")
        case .notOffered: throw Refusal(.cardRefused, "The card does not offer this.", fix: "Its Features say what it can.")
        case nil:
            throw Refusal(
                .cardOutOfReach, "The card gave no answer within \(ServerLimits.action).",
                fix: "Bring the card near, see what it does, and try again.")
        }
    }

    private func pairedCard(_ call: IncomingCall) async throws -> CardID {
        let card = try await backend.ledger.card(named: call.argument("card"))
        guard card.bond != nil else { throw Refusal(.conflict, "This card was forgotten.", fix: "Pair it again: earshot pair.") }
        return card.id
    }
}

extension ScreenText {
    init(_ request: ScreenRequest) throws(Refusal) {
        guard let style = Style(rawValue: request.style ?? Style.note.rawValue) else {
            throw Refusal(.badRequest, "The style is none that a card knows.", fix: "Use note or alert.")
        }
        self.init(text: ForeignText(request.text), style: style, seconds: UInt8(clamping: request.forSeconds ?? 0))
    }
}

extension Optional where Wrapped: Sendable {
    func asyncMap<R>(_ body: (Wrapped) async throws -> R) async rethrows -> R? {
        if let self { try await body(self) } else { nil }
    }
}
