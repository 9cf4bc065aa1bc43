internal import Bytes
internal import Drivers
internal import GATT
internal import GatewayAPI
internal import HTTPTypes
internal import Hummingbird
internal import Ledger
internal import Radio
internal import Recordings
internal import ServiceLifecycle

/// The pairing dialogue.
struct PairingHandlers: Sendable {
    let backend: Backend

    var handlers: [Route: HandlerTable.Handler] {
        [Routes.pair: start, Routes.pairingEvents: events, Routes.pairingAnswer: answer, Routes.cancelPairing: cancel]
    }

    @Sendable private func start(_ call: IncomingCall) async throws -> Response {
        let request: PairRequest = try await call.json()
        guard !request.name.isEmpty, request.name.utf8.count <= 64, !request.name.contains("/") else {
            throw Refusal(.badRequest, "A card's name is one word without a slash.", fix: "Use the name of who carries it.")
        }
        guard request.choose != true || request.device == nil else {
            throw Refusal(.badRequest, "A request names a device or leaves the choice open.", fix: "Send device, or choose, not both.")
        }
        // Said now, before anybody has put a card in pairing mode.
        try await backend.ledger.requireFree(name: request.name)
        let window = min(max(request.windowSeconds ?? 60, 1), 60)
        let id = try await backend.radio.startPairing(
            PairingRequest(
                name: request.name, device: request.device, choose: request.choose ?? false,
                allowUnauthenticated: request.allowUnauthenticated ?? false, window: .seconds(window)))
        return try .json(PairingMessage(id: id.description, events: Routes.pairingEvents.path(id.description)), status: .created)
    }

    @Sendable private func events(_ call: IncomingCall) async throws -> Response {
        try call.query.check()
        let stream = try await backend.radio.pairingEvents(try pairing(call))
        return .events { sender in
            try await sender.forward(stream) { try await sender.send(PairingEventMessage($0)) }
        }
    }

    @Sendable private func answer(_ call: IncomingCall) async throws -> Response {
        let request: PairingAnswerRequest = try await call.json()
        if let device = request.device, request.passkey == nil, request.answer == nil {
            try await backend.radio.choose(try pairing(call), device: device)
        } else {
            try await backend.radio.answer(try pairing(call), try Self.answer(request))
        }
        return .nothing
    }

    @Sendable private func cancel(_ call: IncomingCall) async throws -> Response {
        let id = try pairing(call)
        await cancelWhenGracefulShutdown { await backend.radio.cancelPairing(id) }
        return .nothing
    }

    private static func answer(_ request: PairingAnswerRequest) throws(Refusal) -> PairingAnswer {
        guard request.device == nil else { throw notUnderstood }
        switch (request.passkey, request.answer) {
        case (let passkey?, nil):
            guard passkey.utf8.count == 6, passkey.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let number = UInt32(passkey) else {
                throw Refusal(.badRequest, "A passkey has six digits.", fix: "Type the six digits that the card shows.")
            }
            return .passkey(number)
        case (nil, "yes"): return .yes
        case (nil, "no"): return .no
        default: throw notUnderstood
        }
    }

    private static let notUnderstood = Refusal(
        .badRequest, "The answer is not understood.",
        fix: "Send {\"passkey\":\"012345\"}, {\"answer\":\"yes\"} or \"no\", or {\"device\":\"C0:…\"}.")

    private func pairing(_ call: IncomingCall) throws(Refusal) -> PairingID {
        guard let id = PairingID(call.argument("pairing")) else {
            throw Refusal(Problem(.notFound, detail: "There is no such pairing.", fix: "Begin one: `earshot pair`, or POST /v1/pairings."))
        }
        return id
    }
}

extension PairingEventMessage {
    init(_ event: PairingEvent) {
        switch event {
        case .found(let address, let name, let rssi):
            self.init(state: Term(.found), address: address.description, deviceName: name?.description, rssi: rssi)
        case .other(let address, let name, let rssi, let kind, let missing):
            self.init(state: Term(.other), address: address.description, deviceName: name?.description, rssi: rssi, kind: kind, missing: missing)
        case .pairing(let address): self.init(state: Term(.pairing), address: address.description)
        case .question(.enterPasskey): self.init(state: Term(.question), question: Term(.enterPasskey))
        case .question(.displayPasskey(let digits)): self.init(state: Term(.question), question: Term(.displayPasskey), passkey: Self.six(digits))
        case .question(.confirm(let digits)): self.init(state: Term(.question), question: Term(.confirm), passkey: Self.six(digits))
        case .question(.authorize): self.init(state: Term(.question), question: Term(.authorize))
        case .paired(let card, let serial, let method, let admission):
            self.init(
                state: Term(.paired), card: card, serial: serial, method: method.rawValue, authenticated: method.isAuthenticated,
                owner: admission.owner.rawValue, clockSet: admission.clockWasSet)
        case .failed(let reason, let fix): self.init(state: Term(.failed), reason: reason, fix: fix)
        }
    }

    private static func six(_ number: UInt32) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, 6 - digits.utf8.count)) + digits
    }
}
