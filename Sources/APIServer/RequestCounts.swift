internal import Synchronization

/// How often each door answered with which status since the start.
package final class RequestCounts: Sendable {
    struct Key: Hashable {
        let door: Door
        let status: Int
    }

    private let all = Mutex<[Key: Int]>([:])

    package init() {}

    func add(_ door: Door, _ status: Int) { all.withLock { $0[Key(door: door, status: status), default: 0] += 1 } }

    /// In a fixed order.
    var counts: [(door: Door, status: Int, count: Int)] {
        all.withLock { $0 }.map { ($0.key.door, $0.key.status, $0.value) }.sorted { ($0.0.rawValue, $0.1) < ($1.0.rawValue, $1.1) }
    }
}
