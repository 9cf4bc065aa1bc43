internal import GatewayAPI
internal import Ledger
internal import Recordings

extension EventMessage {
    /// What belongs to the type, and what belongs to every event, in one `data`.
    init(_ info: EventInfo, gateway: String) {
        var data: [String: JSONValue] = [:]
        if case .object(let members)? = try? JSONValue(info.data) { data = members }
        data["gateway"] = .string(gateway)
        data["clock"] = .string(info.clock.rawValue)
        data["received"] = .string(info.received.description)
        if let key = info.key { data["key"] = .string(key) }
        if let number = info.number { data["number"] = .integer(Int64(number)) }
        if let time = info.time, info.number != nil {
            data["late_ms"] = .integer(info.received.milliseconds.subtractingReportingOverflow(time.milliseconds).partialValue)
        }
        if let card = info.card {
            data["card"] = .object(["id": .string(card.description), "name": .string(info.cardName ?? "")])
        }
        if let holder = info.holder {
            data["holder"] = .object([
                "id": .string(holder.handle), "name": .string(holder.name), "groups": .array(holder.groups.map { .string($0) }),
            ])
        }
        self.init(
            id: info.id, source: info.card.map { "/cards/\($0)" } ?? "/", type: info.type, subject: info.recording?.description, time: info.time,
            sequence: info.sequence, data: .object(data))
    }
}
