internal import CLinux
internal import Synchronization

/// Counts system calls that can wait and were made on a thread that must not: the bus or the receive thread.
///
/// All file calls of this target go through `mayBlock`. Tests fail a run in which `onLoopThreads` is not 0.
package enum BlockingCalls {
    private static let counter = Atomic<Int>(0)

    /// How many there were in this process.
    package static var onLoopThreads: Int { counter.load(ordering: .relaxed) }

    static func mayBlock<R, E: Error>(_ body: () throws(E) -> R) throws(E) -> R {
        if clinux_is_loop_thread() != 0 { counter.wrappingAdd(1, ordering: .relaxed) }
        return try body()
    }
}
