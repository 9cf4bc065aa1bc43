package import Recordings

/// Drawn once, when the ledger is made; differs between all gateways.
package typealias GatewayID = Identifier<GatewayKind>

package enum GatewayKind: IdentifierKind { package static let prefix = "gw_" }
