internal import APIClient
internal import GatewayAPI
internal import Recordings

/// The people who carry cards, as a pairing needs them.
struct Holders: Sendable {
    let client: GatewayClient

    func known(_ id: String) async throws -> HolderRequest? {
        try await client.holders().items.first { $0.id == id }.map { HolderRequest(id: $0.id, name: $0.name, groups: $0.groups) }
    }

    /// Asks who carries the card.
    ///
    /// - Returns: nil for nobody.
    func ask(_ incidents: PairingIncidents, _ screen: StandardStream) async throws -> HolderRequest? {
        let id = try await incidents.ask("Who carries it? Their id, as anna@example.com (Enter: nobody yet): ", on: screen) ?? ""
        guard !id.isEmpty else { return nil }
        if let known = try await known(id) { return known }
        let name = try await incidents.ask("\(Shown.text(id)) is new here. Their name (Enter: the same): ", on: screen) ?? ""
        return HolderRequest(id: id, name: name.isEmpty ? id : name)
    }

    /// From now on; adds the holder when there is none of that id.
    func assign(_ card: CardID, to holder: HolderRequest) async throws -> HolderMessage? {
        if try await known(holder.id) == nil { _ = try await client.addHolder(holder) }
        return try await client.assignCard(card.description, AssignCardRequest(holder: holder.id)).holder
    }
}
