/// Who this gateway is.
package struct GatewayIdentity: Sendable, Hashable {
    package let id: GatewayID
    /// From the configuration; stands in every event, unique among its owner's gateways.
    package let name: String

    package init(id: GatewayID, name: String) {
        self.id = id
        self.name = name
    }
}
