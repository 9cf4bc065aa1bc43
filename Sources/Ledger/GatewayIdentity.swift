package import Recordings

package enum GatewayKind: IdentifierKind { package static let prefix = "gw_" }

/// Drawn once, when the ledger is made; differs between all gateways.
package typealias GatewayID = Identifier<GatewayKind>

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
