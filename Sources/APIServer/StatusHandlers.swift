internal import GATT
internal import GatewayAPI
internal import Hummingbird
internal import Ledger
internal import Radio
internal import RecordingStore
internal import Recordings

/// The box.
struct StatusHandlers: Sendable {
    let backend: Backend

    var handlers: [Route: HandlerTable.Handler] { [Routes.health: health, Routes.status: status] }

    @Sendable private func health(_ call: IncomingCall) async throws -> Response {
        try call.query.check()
        _ = try await withLimit(.seconds(5), "The ledger's answer") { [ledger = backend.ledger] in try await ledger.conditions() }
        return try .json(HealthMessage())
    }

    @Sendable private func status(_ call: IncomingCall) async throws -> Response {
        try call.query.check()
        let facts = try await backend.ledger.status()
        let radio = await backend.radio.status()
        let room = try await backend.files.room()
        return try .json(
            StatusMessage(
                gateway: facts.gateway.id.description, name: facts.gateway.name, version: backend.version, now: backend.wall.now(),
                started: backend.started, timeZone: backend.timeZone,
                adapters: radio.adapters.map {
                    AdapterMessage(address: $0.address.description, name: $0.name, state: $0.state, links: $0.links, trouble: $0.trouble)
                }, radioTrouble: radio.trouble, cards: facts.cards,
                recordings: Dictionary(uniqueKeysWithValues: facts.recordings.map { ($0.key.rawValue, $0.value) }),
                deliveries: facts.deliveries, queues: facts.queues.map(QueueMessage.init),
                disk: DiskMessage(free: room.free, reserve: room.reserve), conditions: facts.conditions.map(ConditionMessage.init),
                lastEvent: facts.lastEvent))
    }
}
