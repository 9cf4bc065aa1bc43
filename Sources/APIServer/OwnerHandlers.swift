internal import Bytes
internal import GatewayAPI
internal import HTTPTypes
internal import Hummingbird
internal import Ledger
internal import RecordingStore
internal import Recordings

/// The owner key: what proves to a card whose it is.
struct OwnerHandlers: Sendable {
    let backend: Backend

    var handlers: [Route: HandlerTable.Handler] {
        [Routes.owner: show, Routes.ownerKey: export, Routes.importOwner: take, Routes.rotateOwner: rotate]
    }

    @Sendable private func show(_ call: IncomingCall) async throws -> Response {
        try call.query.check()
        return try .json(try await message(try keyring()))
    }

    @Sendable private func export(_ call: IncomingCall) async throws -> Response {
        try call.query.check()
        let keyring = try keyring()
        let fingerprint = await keyring.info().fingerprint
        try await backend.ledger.log("owner.exported", subject: fingerprint, "by \(call.caller.name)")
        var response = try Response.json(OwnerKeyMessage(key: await keyring.export().hex, fingerprint: fingerprint))
        response.headers[.cacheControl] = "no-store"
        return response
    }

    @Sendable private func take(_ call: IncomingCall) async throws -> Response {
        let request: OwnerKeyRequest = try await call.json()
        guard let key = OwnerKey(hex: request.key) else {
            throw Refusal(.badRequest, "An owner key has 64 hexadecimal digits.", fix: "Send what `earshot owner export` wrote.")
        }
        return try await change(call, "owner.imported") { try await $0.take(key, replacing: request.replace ?? false, cards: $1, at: $2) }
    }

    @Sendable private func rotate(_ call: IncomingCall) async throws -> Response {
        try call.query.check()
        return try await change(call, "owner.rotated") { try await $0.rotate(cards: $1, at: $2) }
    }

    private func change(
        _ call: IncomingCall, _ what: String, _ body: (OwnerKeyring, [CardSerial], UTCTime) async throws -> Void
    ) async throws -> Response {
        let keyring = try keyring()
        let before = await keyring.info().fingerprint
        do {
            try await body(keyring, try await backend.ledger.cards(withForgotten: true).map(\.serial), backend.wall.now())
        } catch OwnerKeyring.Failure.other {
            throw Refusal(
                .conflict, OwnerKeyring.Failure.other.description,
                fix: "Export that one first, then take this one in its place: earshot owner import --replace.")
        } catch let error as OwnerKeyring.Failure {
            throw Refusal(.failed, error.description, fix: "Nothing was changed. See whether the disk is full, then try again.")
        }
        let message = try await message(keyring)
        if message.fingerprint != before {
            try await backend.ledger.log(what, subject: message.fingerprint, "by \(call.caller.name), before: \(before)")
        }
        return try .json(message)
    }

    private func keyring() throws -> OwnerKeyring {
        guard let keyring = backend.files.owner else {
            throw Refusal(.notFound, "This gateway has no owner key.", fix: "Start earshotd again: it makes one.")
        }
        return keyring
    }

    private func message(_ keyring: OwnerKeyring) async throws -> OwnerMessage {
        let info = await keyring.info()
        let names = Dictionary(try await backend.ledger.cards(withForgotten: true).map { ($0.serial, $0.name) }) { first, _ in first }
        return OwnerMessage(fingerprint: info.fingerprint, made: info.made, waiting: info.waiting.map { names[$0] ?? $0.description })
    }
}
