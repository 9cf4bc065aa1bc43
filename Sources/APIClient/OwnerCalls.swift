package import GatewayAPI

extension GatewayClient {
    package func owner() async throws -> OwnerMessage { try await get(Routes.owner.path()) }

    /// The key itself.
    package func ownerKey() async throws -> OwnerKeyMessage { try await get(Routes.ownerKey.path()) }

    package func importOwner(_ request: OwnerKeyRequest) async throws -> OwnerMessage {
        try await send(Routes.importOwner, Routes.importOwner.path(), request)
    }

    package func rotateOwner() async throws -> OwnerMessage { try await send(Routes.rotateOwner, Routes.rotateOwner.path()) }
}
