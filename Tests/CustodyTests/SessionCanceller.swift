import Drivers
import GATT
import Recordings
import Synchronization
import TestSupport

/// A driver whose sessions can be cancelled between any two jobs of the world, which is at any await of the session. To the radio
/// such a session has lost its link.
struct SessionCanceller: CardDriver {
    static var service: BluetoothUUID { RecorderCardDriver.service }
    static func hint(in advertisement: Advertisement) -> CardHint? { RecorderCardDriver.hint(in: advertisement) }

    /// After how many jobs the next sessions are cancelled; shared with whoever draws.
    final class Wishes: Sendable {
        private let waiting = Mutex<[Int]>([])
        func add(_ jobs: Int) { waiting.withLock { $0.append(jobs) } }
        func clear() { waiting.withLock { $0 = [] } }
        fileprivate func take() -> Int? { waiting.withLock { $0.isEmpty ? nil : $0.removeFirst() } }
    }

    let driver: any CardDriver
    let wishes: Wishes
    let executor: SimulatedExecutor
    let tally: Tally

    func identify(_ card: any Peripheral, within: Duration) async throws -> CardIdentity { try await driver.identify(card, within: within) }

    func admit(
        _ card: any Peripheral, _ identity: CardIdentity, keys: OwnerKeys?, clock: any Clock<Duration>, wallClock: WallClock,
        told: @escaping @Sendable (OwnerOutcome) async throws -> Void
    ) async throws -> Admission {
        try await driver.admit(card, identity, keys: keys, clock: clock, wallClock: wallClock, told: told)
    }

    func session(on card: any Peripheral, into sink: any RecordingSink, context: SessionContext) async throws -> SessionReport {
        guard let jobs = wishes.take() else { return try await driver.session(on: card, into: sink, context: context) }
        return try await withThrowingTaskGroup(of: SessionReport?.self) { group in
            group.addTask { try await driver.session(on: card, into: sink, context: context) }
            group.addTask {
                await executor.afterJobs(jobs)
                return nil
            }
            defer { group.cancelAll() }
            if let report = try await group.next() ?? nil { return report }
            try Task.checkCancellation()
            group.cancelAll()
            do {
                if let report = try await group.next() ?? nil { return report }
            } catch is CancellationError {
                tally.hit(.host(.sessionCancelled))
            }
            return SessionReport(end: .link(GATTError(.disconnected, "The session was cancelled.")))
        }
    }
}
