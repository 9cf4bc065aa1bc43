import Recordings
import Synchronization
import TestSupport

/// The wall clock of one gateway, which may be wrong.
final class GatewayClock: Sendable {
    struct State: Sendable {
        /// How far it is ahead of the world's time.
        var offset: Duration = .zero
        /// Whether the gateway believes it.
        var isSynchronised = true
    }

    private let executor: SimulatedExecutor
    private let state = Mutex((now: State(), asked: 0))

    init(_ executor: SimulatedExecutor) { self.executor = executor }

    func set(_ new: State) { state.withLock { $0.now = new } }

    /// How often anybody asked whether to believe it.
    var asked: Int { state.withLock(\.asked) }

    var now: UTCTime { World.time(executor.now + state.withLock(\.now.offset)) }

    var isSynchronised: Bool {
        state.withLock { state in
            state.asked += 1
            return state.now.isSynchronised
        }
    }
}
