internal import SoftwareCard

/// What the first line on standard output says.
struct ReadyLine: Encodable, Sendable {
    struct Card: Encodable, Sendable {
        let name: String
        let serial: String
        let address: String
    }

    let ready = true
    let cards: [Card]
    let socket: String

    init(_ places: [CardDesk.Place], folder: String) {
        cards = places.map { Card(name: "\($0.name)", serial: "\($0.card.settings.serial)", address: "\($0.address)") }
        socket = ControlSocket.path(in: folder)
    }
}
