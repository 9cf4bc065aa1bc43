package import GatewayAPI

extension GatewayClient {
    package func configuration() async throws -> ConfigurationMessage { try await get(Routes.configuration.path()) }

    /// - Throws: `APIError` with `configuration_invalid` when the file cannot be used; nothing is changed then.
    package func reloadConfiguration() async throws -> ReloadMessage {
        try await send(Routes.reloadConfiguration, Routes.reloadConfiguration.path())
    }
}
