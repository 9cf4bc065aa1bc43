import CardProfile
import GATT
import Recordings
import SoftwareCard
import TestSupport

/// One card on a radio in memory, and a gateway's adapter; time stands still until a test moves it.
struct CardWorld: Sendable {
    static let adapter = DeviceAddress(0xA0, kind: .public)
    static let peer = DeviceAddress(0xC0, kind: .random)
    static let patience: Duration = .seconds(300)
    static let serial = CardSerial("A1-0007") ?? { fatalError("A1-0007 is a serial number") }()

    let clock = ManualClock()
    let vault = MemoryVault()
    let radio: MemoryRadio
    let faults: LinkFaults
    let card: SoftwareCard

    init(_ change: (inout CardSettings) -> Void = { _ in }) async throws {
        var settings = CardSettings(serial: Self.serial)
        settings.uptime = .seconds(3600)
        change(&settings)
        radio = MemoryRadio(clock: clock)
        faults = LinkFaults(clock: clock)
        card = try await SoftwareCard(settings, vault: vault, clock: clock, microphone: Microphone(Self.speech(seconds: 2)))
        radio.addAdapter(Self.adapter)
        radio.addDevice(card, at: Self.peer, faults: faults)
    }

    /// A voice-like tone, mono at 16 kHz: not the same in any two places.
    static func speech(seconds: Double) -> [Int16] {
        var phase: UInt32 = 0
        return (0..<Int(seconds * 16_000)).map { index in
            phase &+= 7_000_000 &+ UInt32(truncatingIfNeeded: index) &* 40
            return Int16(truncatingIfNeeded: Int32(bitPattern: phase) >> 18)
        }
    }

    func run<R: Sendable>(_ body: @concurrent @Sendable () async throws -> R) async throws -> R {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await radio.run() }
            group.addTask { try await card.run() }
            defer { group.cancelAll() }
            return try await body()
        }
    }

    /// Opens pairing mode and pairs by the passkey that the card shows.
    func pair() async throws {
        try await card.openPairing()
        _ = try await radio.pair(with: Self.peer, on: Self.adapter, within: Self.patience) { _ in
            await card.report().screen.passkey.map { .passkey($0) } ?? .no
        }
    }

    func connected<R: Sendable>(_ body: @concurrent @Sendable (any Peripheral) async throws -> R) async throws -> R {
        try await radio.withConnection(
            to: Self.peer, on: Self.adapter, services: [ServedCharacteristic.service], within: Self.patience, body)
    }

    /// Connects and subscribes to Control Point and Transfer, as a gateway does.
    func session<R: Sendable>(_ body: @concurrent @Sendable (TestGateway) async throws -> R) async throws -> R {
        try await connected { peripheral in
            try await peripheral.withValues(of: ServedCharacteristic.controlPoint, delivery: .sharedAllowed, capacity: 8) { control in
                try await peripheral.withValues(of: ServedCharacteristic.transfer, delivery: .privateSocket, capacity: 256) { transfer in
                    try await body(TestGateway(peripheral: peripheral, control: control, transfer: transfer))
                }
            }
        }
    }
}
