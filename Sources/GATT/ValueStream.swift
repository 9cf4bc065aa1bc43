/// Values in the order in which they came, all in one buffer.
package struct ValueBatch: Sendable {
    private var bytes: [UInt8] = []
    private var ends: [Int] = []

    package init() {}

    package var count: Int { ends.count }
    package var isEmpty: Bool { ends.isEmpty }

    /// The value at a position in 0..<count.
    package subscript(position: Int) -> ArraySlice<UInt8> {
        bytes[(position == 0 ? 0 : ends[position - 1])..<ends[position]]
    }

    package mutating func append(_ value: some Collection<UInt8>) {
        bytes.append(contentsOf: value)
        ends.append(bytes.count)
    }

    /// Appends a value that is written in place, at most `capacity` bytes.
    package mutating func append(capacity: Int, _ fill: (UnsafeMutableRawBufferPointer) -> Int) {
        let start = bytes.count
        bytes.append(contentsOf: repeatElement(0, count: capacity))
        let written = unsafe bytes.withUnsafeMutableBytes { unsafe fill(UnsafeMutableRawBufferPointer(rebasing: $0[start...])) }
        bytes.removeLast(capacity - max(0, min(capacity, written)))
        ends.append(bytes.count)
    }
}

/// The bounded hand-over of one subscription: a producer on any thread puts values in, one consumer takes all that wait.
package final class ValueStream: Sendable {
    private struct State {
        var waiting = ValueBatch()
        var end: GATTError?

        mutating func take() -> ValueBatch? {
            guard !waiting.isEmpty else { return nil }
            defer { waiting = ValueBatch() }
            return waiting
        }
    }

    private let state = WaitableState(State())
    private let capacity: Int

    /// - Parameter capacity: how many values may wait; at least 1.
    package init(capacity: Int) {
        self.capacity = max(1, capacity)
    }

    /// Producer: adds values. More than the capacity ends the stream with `overflow`, after the values that fit.
    package func put(_ values: ValueBatch) {
        state.change { state in
            guard state.end == nil else { return }
            for position in 0..<values.count {
                guard state.waiting.count < capacity else {
                    state.end = GATTError(.overflow, "The peer sent more values than it had credit for.")
                    return
                }
                state.waiting.append(values[position])
            }
        }
    }

    /// Producer: adds one value; see `put(_:)` of a batch.
    package func put(_ value: some Collection<UInt8>) {
        var batch = ValueBatch()
        batch.append(value)
        put(batch)
    }

    /// Producer: no more values come. What waits can still be taken. The first end counts.
    package func end(_ error: GATTError) {
        state.change { if $0.end == nil { $0.end = error } }
    }

    /// Consumer: all values that wait, at least one; waits for the first.
    ///
    /// Throws the stream's end once everything before it was taken, and `CancellationError` when the task is cancelled.
    /// A deadline is the caller's: `withDeadline`. One consumer at a time.
    package func next() async throws -> ValueBatch {
        try await state.when { state in
            if let batch = state.take() { return batch }
            if let end = state.end { throw end }
            return nil
        }
    }

    /// Consumer: what waits now, without waiting; empty when there is nothing. Does not tell of the end.
    package func takeWaiting() -> ValueBatch {
        state.change { $0.take() ?? ValueBatch() }
    }
}
