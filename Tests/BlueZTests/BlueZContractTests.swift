import BlueZ
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(10))) struct BlueZContractTests {
    @Test(arguments: GATTContract.cases) func blueZKeeps(_ promise: GATTContractCase) async throws {
        try await BlueZWorld.with { world in
            try await promise.run(
                GATTContractWorld(central: world.central, adapter: BlueZWorld.adapter, peer: BlueZWorld.card, device: world.service))
        }
    }
}
