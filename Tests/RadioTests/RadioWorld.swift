import Drivers
import GATT
import Logging
import Radio
import Recordings
import Synchronization
import TestSupport

/// A radio over the memory radio with echoing devices, and a driver whose sessions the test decides.
struct RadioWorld: Sendable {
    static let adapter = DeviceAddress(0xA0, kind: .public)
    static let peer = DeviceAddress(0xC0, kind: .random)
    static let patience: Duration = .seconds(300)

    let air = MemoryRadio(clock: ContinuousClock())
    let device = EchoService()
    let registry = MemoryRegistry()
    let driver = ScriptedDriver()
    let activity = ActivityFeed()
    let radio: CardRadio

    init() {
        var times = RadioTimes()
        times.pairingHeadStart = Self.patience
        radio = CardRadio(
            central: air, drivers: [driver], registry: registry, clock: ContinuousClock(),
            wallClock: WallClock(now: { UTCTime(milliseconds: 1_764_000_000_000) }, isSynchronised: { true }), activity: activity,
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }, allowSharedTransfer: false, times: times)
    }

    /// - Parameter first: runs before the radio does.
    func run<R: Sendable>(
        behind first: @Sendable () async throws -> Void = {}, _ body: @concurrent @Sendable () async throws -> R
    ) async throws -> R {
        air.addAdapter(Self.adapter)
        air.addDevice(device, at: Self.peer)
        return try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await air.run() }
            try await first()
            group.addTask { try await radio.run() }
            defer { group.cancelAll() }
            return try await body()
        }
    }

    /// Opens a pairing once the adapter is in use, and follows it to its end.
    func pair(name: String = "anna", device: String? = nil, window: Duration = RadioWorld.patience, passkey: UInt32) async throws -> [PairingEvent] {
        let request = PairingRequest(name: name, device: device, allowUnauthenticated: false, window: window)
        let id = try await opened(request)
        var seen: [PairingEvent] = []
        for await event in try await radio.pairingEvents(id) {
            seen.append(event)
            if case .question(.enterPasskey) = event { try await radio.answer(id, .passkey(passkey)) }
        }
        return seen
    }

    func opened(_ request: PairingRequest) async throws -> PairingID {
        while true {
            do {
                return try await radio.startPairing(request)
            } catch RadioError.noAdapter {
                await Task.yield()
            }
        }
    }
}

/// How many pairings may go wrong (docs/pairing.md).
enum PairingLimit {
    static let most = 5
}

/// Cards in memory.
final class MemoryRegistry: CardRegistry {
    struct State: Sendable {
        var cards: [PairedCard] = []
        var refused = false
        /// Why pairings came to nothing.
        var failures: [String] = []
        /// Enrolling never ends by itself.
        var waits = false
        var isWaiting = false
        var screens: [(name: String, note: ScreenNote)] = []
        var ended: [String: CardActionResult] = [:]
    }

    let state = WaitableState(State())

    func pairedCards() async throws -> [PairedCard] { state.read(\.cards) }
    func sink(for card: CardID) async throws -> any RecordingSink { NoSink() }
    func waitingScreens(for card: CardID) async throws -> [(name: String, note: ScreenNote)] { state.read(\.screens) }

    func screenEnded(_ name: String, result: CardActionResult) async throws {
        state.change { state in
            state.ended[name] = result
            state.screens.removeAll { $0.name == name }
        }
    }

    func enrol(_ card: NewCard) async throws -> PairedCard {
        state.change { $0.isWaiting = $0.waits }
        try await state.when { $0.waits ? nil : () }
        return try state.change { state in
            if state.refused { throw EnrolmentRefusal("A1-7214 is paired here already.", fix: "earshot forget anna") }
            let paired = PairedCard(
                id: CardID.make(at: UTCTime(milliseconds: 1)), name: card.name, adapter: card.adapter, peer: card.peer,
                isAccepted: true)
            state.cards.append(paired)
            return paired
        }
    }
}

extension MemoryRegistry {
    func bondIsForeign(of card: CardID) async throws {
        state.change { state in for index in state.cards.indices where state.cards[index].id == card { state.cards[index].bondIsForeign = true } }
    }
    func mayEnrol(_ serial: CardSerial) async throws {}
    func ownerKeys(for serial: CardSerial) async throws -> OwnerKeys? { nil }
    func owner(_ outcome: OwnerOutcome, of serial: CardSerial) async throws {}
    func pairingFailed(with device: DeviceAddress, as name: String, because reason: String) async { state.change { $0.failures.append(reason) } }
}

/// Sessions of the scripted driver use no sink.
private struct NoSink: RecordingSink {
    struct Unused: Error {}
    func ownerKeys() async throws -> OwnerKeys? { nil }
    func owner(_ outcome: OwnerOutcome) async throws {}
    func open(_ generation: Generation) async throws -> UInt32 { throw Unused() }
    func note(lastEvent: UInt32, acknowledgedByAnyone: UInt32) async throws { throw Unused() }
    func mend(by reading: ClockReading) async throws { throw Unused() }
    func commit(events: [CardEvent], received: UTCTime) async throws -> UInt32 { throw Unused() }
    func logWasRead(upTo lastEvent: UInt32) async throws { throw Unused() }
    func acknowledged(upTo number: UInt32) async throws { throw Unused() }
    func plan(listed: [ListedRecording], released: [ListedRecording]) async throws -> [CustodyStep] { throw Unused() }
    func begin(_ recording: ListedRecording) async throws -> UInt64 { throw Unused() }
    func append(_ bytes: [UInt8], to recording: UInt32) async throws { throw Unused() }
    func checkpoint(_ recording: UInt32, proven: Bool) async throws -> UInt64 { throw Unused() }
    func discard(_ recording: UInt32, backTo offset: UInt64) async throws { throw Unused() }
    func hindered(_ recording: UInt32, because cause: String) async throws { throw Unused() }
    func seal(_ recording: ListedRecording) async throws -> SealOutcome { throw Unused() }
    func released(_ recording: UInt32, answer: ReleaseAnswer) async throws -> ReleaseOutcome { throw Unused() }
}

/// Reads its hint from the first byte of the advertisement (bit 0 something new, bit 3 pairing mode; the rest as token). A
/// session shows every screen note, and ends when asked to yield or when the device hangs up.
struct ScriptedDriver: CardDriver {
    static let service = EchoService.service
    let sessions = WaitableState(0)

    static func hint(in advertisement: Advertisement) -> CardHint? {
        guard let data = advertisement.manufacturerData[0xFFFF], data.count == 4 else { return nil }
        return CardHint(
            hasUnsynced: data[0] & 1 != 0, unsynced: 1, hasEvents: false, isRecording: false, inPairingMode: data[0] & 8 != 0,
            isNearlyFull: false, batteryIsLow: false, token: UInt16(data[2]))
    }

    func identify(_ card: any Peripheral, within: Duration) async throws -> CardIdentity {
        guard let serial = CardSerial("A1-7214") else { throw CardRefusal("no serial") }
        _ = try await card.read(EchoService.secret, within: within)
        return CardIdentity(
            generation: Generation(serial: serial, number: 7), manufacturer: nil, model: nil, firmware: nil, isJustWorksOnly: false)
    }

    func admit(
        _ card: any Peripheral, _ identity: CardIdentity, keys: OwnerKeys?, clock: any Clock<Duration>, wallClock: WallClock,
        told: @escaping @Sendable (OwnerOutcome) async throws -> Void
    ) async throws -> Admission { Admission(owner: .notOffered, clockWasSet: false) }

    func session(on card: any Peripheral, into sink: any RecordingSink, context: SessionContext) async throws -> SessionReport {
        sessions.change { $0 += 1 }
        do {
            try await card.withValues(of: EchoService.echo, delivery: .privateSocket, capacity: 8) { values in
                try await withThrowingTaskGroup(of: Void.self) { group in
                    group.addTask { while true { _ = try await values.next() } }
                    group.addTask { try await Self.work(context.agenda) }
                    defer { group.cancelAll() }
                    try await group.next()
                }
            }
        } catch let error as GATTError {
            return SessionReport(end: .link(error))
        }
        return SessionReport(end: .complete)
    }

    private static func work(_ agenda: CardAgenda) async throws {
        while !agenda.shouldYield {
            try Task.checkCancellation()
            await agenda.somethingToDo()
            while let item = agenda.take() { item.finished(.done(recording: 0)) }
        }
    }
}
