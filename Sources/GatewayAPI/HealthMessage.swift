/// `GET /healthz`: the ledger answered.
package struct HealthMessage: Codable, Hashable, Sendable {
    package let status: String

    package init(status: String = "ok") { self.status = status }
}
