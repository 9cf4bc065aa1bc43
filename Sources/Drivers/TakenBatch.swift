internal import GATT
internal import Synchronization

/// Where a wait puts the values that it took, so that they are kept even when its deadline came first.
final class TakenBatch: Sendable {
    private let state = Mutex<ValueBatch?>(nil)

    func put(_ batch: ValueBatch) { state.withLock { $0 = batch } }

    var batch: ValueBatch? { state.withLock { $0 } }
}
