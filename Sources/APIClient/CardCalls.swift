package import GatewayAPI

extension GatewayClient {
    package func status() async throws -> StatusMessage { try await get(Routes.status.path()) }

    /// One page.
    ///
    /// - Parameter forgotten: also those that were forgotten.
    package func cards(cursor: String? = nil, forgotten: Bool = false) async throws -> ListMessage<CardMessage> {
        try await get(Routes.cards.path(query: ["cursor": cursor, "forgotten": forgotten ? "true" : nil]))
    }

    /// - Parameter card: id, unique prefix, or name.
    package func card(_ card: String) async throws -> CardMessage { try await get(Routes.card.path(card)) }

    package func renameCard(_ card: String, to name: String) async throws -> CardMessage {
        try await send(Routes.renameCard, Routes.renameCard.path(card), RenameCardRequest(name: name))
    }

    /// Removes the card's bond here; its recordings and its history stay.
    package func forgetCard(_ card: String) async throws -> ForgottenMessage {
        try await send(Routes.forgetCard, Routes.forgetCard.path(card))
    }

    package func assignCard(_ card: String, _ request: AssignCardRequest) async throws -> CardMessage {
        try await send(Routes.assignCard, Routes.assignCard.path(card), request)
    }

    package func holders() async throws -> ListMessage<HolderMessage> { try await get(Routes.holders.path()) }

    package func putHolder(_ id: String, _ request: PutHolderRequest) async throws -> HolderMessage {
        try await send(Routes.putHolder, Routes.putHolder.path(id), request)
    }

    package func identify(_ card: String, _ request: IdentifyRequest) async throws -> CardActionMessage {
        try await send(Routes.cardIdentify, Routes.cardIdentify.path(card), request)
    }

    package func addHolder(_ request: HolderRequest) async throws -> HolderMessage {
        try await send(Routes.addHolder, Routes.addHolder.path(), request)
    }

    package func showOnScreen(_ card: String, _ request: ScreenRequest) async throws -> ScreenMessage {
        try await send(Routes.cardScreen, Routes.cardScreen.path(card), request)
    }

    package func pair(_ request: PairRequest) async throws -> PairingMessage {
        try await send(Routes.pair, Routes.pair.path(), request)
    }

    /// What happens in a pairing, from its beginning, until it ends or `take` returns false.
    package func pairingEvents(_ pairing: String, _ take: @escaping @Sendable (PairingEventMessage) async throws -> Bool) async throws {
        try await stream(PairingEventMessage.self, Routes.pairingEvents.path(pairing)) { message, _ in try await take(message) }
    }

    package func answerPairing(_ pairing: String, _ answer: PairingAnswerRequest) async throws {
        _ = try await raw(Routes.pairingAnswer, Routes.pairingAnswer.path(pairing), answer)
    }

    package func cancelPairing(_ pairing: String) async throws {
        _ = try await raw(Routes.cancelPairing, Routes.cancelPairing.path(pairing))
    }
}
