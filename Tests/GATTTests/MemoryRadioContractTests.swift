import GATT
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(10))) struct MemoryRadioContractTests {
    @Test(arguments: GATTContract.cases) func theMemoryRadioKeeps(_ promise: GATTContractCase) async throws {
        let world = MemoryWorld()
        try await world.run {
            try await promise.run(
                GATTContractWorld(central: world.radio, adapter: MemoryWorld.adapter, peer: MemoryWorld.peer, device: world.echo))
        }
    }

    /// The suite must be able to fail: this central breaks what these cases are about.
    @Test(arguments: [
        "the adapter is listed, powered, under its address",
        "the device's refusal keeps its ATT error", "what the device does not have is said", "values longer than the link allows are refused here",
        "commands are refused where the characteristic takes none", "notifications come whole, once and in order",
        "indications come in order over the shared path only", "more values than the stream holds end it with overflow",
        "a link ends with the body, and its peripheral with it", "without a bond secured values are refused",
        "a typed passkey makes an authenticated bond that lasts", "Just Works is asked for, named, and no authenticated bond",
        "a second pairing is refused until the first is forgotten",
    ]) func aBrokenPromiseIsFound(_ name: String) async throws {
        let promise = try #require(GATTContract.cases.first { $0.description == name })
        let world = MemoryWorld()
        await #expect(throws: ContractBroken.self) {
            try await world.run {
                try await promise.run(
                    GATTContractWorld(
                        central: LyingCentral(honest: world.radio), adapter: MemoryWorld.adapter, peer: MemoryWorld.peer, device: world.echo))
            }
        }
    }
}
