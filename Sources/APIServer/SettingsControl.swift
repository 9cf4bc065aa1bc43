package import GatewayAPI

/// What the API may ask of the configuration. Conformers: earshotd's own, and the API's tests.
package protocol SettingsControl: Sendable {
    /// Whether a card's microphone may be started from here, as configured now.
    var remoteRecord: Bool { get }

    func configuration() async -> ConfigurationMessage

    /// Reads the file anew. Links and sessions go on.
    ///
    /// - Throws: `RequestRefusal` with `configuration_invalid` when the file cannot be used: what was in force stays.
    func reload() async throws -> ReloadMessage
}
