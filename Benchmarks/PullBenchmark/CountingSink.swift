import Foundation
import Recordings
import Synchronization

/// Takes one recording into a file and remembers what that cost. Nothing is ever released, so that it can be pulled again.
final class CountingSink: RecordingSink {
    private struct State {
        var started = ContinuousClock.now
        var used = 0.0
        var bytes = 0
        var cost: Cost?
    }

    private let number: UInt32
    private let file: FileSink
    private let state = Mutex(State())
    private let whenSealed: @Sendable () -> Void

    init(number: UInt32, file: FileSink, whenSealed: @escaping @Sendable () -> Void) {
        self.number = number
        self.file = file
        self.whenSealed = whenSealed
    }

    /// From the first READ to the last byte in the file; nil when it never came.
    var cost: Cost? { state.withLock(\.cost) }

    func ownerKeys() async throws -> OwnerKeys? { nil }
    func owner(_ outcome: OwnerOutcome) async throws {}
    func open(_ generation: Generation) async throws -> UInt32 { 0 }
    func note(lastEvent: UInt32, acknowledgedByAnyone: UInt32) async throws {}
    func mend(by reading: ClockReading) async throws {}
    func commit(events: [CardEvent], received: UTCTime) async throws -> UInt32 { events.last?.number ?? 0 }
    func logWasRead(upTo lastEvent: UInt32) async throws {}
    func acknowledged(upTo number: UInt32) async throws {}

    func plan(listed: [ListedRecording], released: [ListedRecording]) async throws -> [CustodyStep] {
        guard cost == nil else { return [] }
        return listed.filter { $0.number == number }.map { .pull($0) }
    }

    func begin(_ recording: ListedRecording) async throws -> UInt64 {
        try await file.restart()
        state.withLock {
            $0.started = .now
            $0.used = cpuNow()
            $0.bytes = 0
        }
        return 0
    }

    func append(_ bytes: [UInt8], to recording: UInt32) async throws {
        try await file.append(bytes)
        state.withLock { $0.bytes += bytes.count }
    }

    func checkpoint(_ recording: UInt32, proven: Bool) async throws -> UInt64 { UInt64(state.withLock(\.bytes)) }
    func discard(_ recording: UInt32, backTo offset: UInt64) async throws { throw Failure("something was lost on the way") }

    func hindered(_ recording: UInt32, because cause: String) async throws { throw Failure("\(recording): \(cause)") }

    func seal(_ recording: ListedRecording) async throws -> SealOutcome {
        state.withLock {
            let bytes = $0.bytes
            // With ATT_MTU 247 a value brings 240 bytes; each piece of 1 MiB ends in one value more.
            let packets = stride(from: 0, to: bytes, by: 1 << 20).reduce(0) { $0 + (min(1 << 20, bytes - $1) + 239) / 240 + 1 }
            $0.cost = Cost(
                bytes: bytes, packets: packets, seconds: (ContinuousClock.now - $0.started) / .seconds(1), cpuSeconds: cpuNow() - $0.used)
        }
        whenSealed()
        return .setAside
    }

    func released(_ recording: UInt32, answer: ReleaseAnswer) async throws -> ReleaseOutcome { .done }
}
