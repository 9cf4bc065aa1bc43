/// Deadlines in nanoseconds, the earliest first, each with what to do then. A value without I/O.
struct TimerHeap {
    typealias Action = @Sendable () -> Void

    private var actions: [UInt64: Action] = [:]
    /// A binary heap; entries whose action is gone were cancelled and are skipped.
    private var heap: [(deadline: UInt64, id: UInt64)] = []
    private var lastID: UInt64 = 0

    var count: Int { actions.count }

    mutating func add(at deadline: UInt64, _ action: @escaping Action) -> UInt64 {
        lastID += 1
        actions[lastID] = action
        push((deadline, lastID))
        return lastID
    }

    /// - Returns: whether it was still to come.
    @discardableResult mutating func cancel(_ id: UInt64) -> Bool {
        guard actions.removeValue(forKey: id) != nil else { return false }
        // Calls are usually answered long before their deadline: without this the heap would hold all of them until then.
        if heap.count > 64, heap.count > 2 * actions.count {
            let kept = heap.filter { actions[$0.id] != nil }
            heap = []
            for entry in kept { push(entry) }
        }
        return true
    }

    /// The earliest deadline; nil without timers.
    mutating func next() -> UInt64? {
        while let first = heap.first {
            if actions[first.id] != nil { return first.deadline }
            pop()
        }
        return nil
    }

    /// Takes what is due, in the order of the deadlines.
    mutating func takeDue(at now: UInt64) -> Action? {
        while let first = heap.first, first.deadline <= now || actions[first.id] == nil {
            pop()
            if let action = actions.removeValue(forKey: first.id) { return action }
        }
        return nil
    }

    private static func comesBefore(_ a: (deadline: UInt64, id: UInt64), _ b: (deadline: UInt64, id: UInt64)) -> Bool {
        (a.deadline, a.id) < (b.deadline, b.id)
    }

    private mutating func push(_ entry: (deadline: UInt64, id: UInt64)) {
        heap.append(entry)
        var child = heap.count - 1
        while child > 0 {
            let parent = (child - 1) / 2
            guard Self.comesBefore(heap[child], heap[parent]) else { return }
            heap.swapAt(child, parent)
            child = parent
        }
    }

    private mutating func pop() {
        heap.swapAt(0, heap.count - 1)
        heap.removeLast()
        var parent = 0
        while true {
            var least = parent
            for child in [2 * parent + 1, 2 * parent + 2] where child < heap.count && Self.comesBefore(heap[child], heap[least]) {
                least = child
            }
            guard least != parent else { return }
            heap.swapAt(parent, least)
            parent = least
        }
    }
}
