internal import Recordings

/// The card's numbered log: events not acknowledged, bounded; the oldest are dropped when it is full, and the gap shows it.
struct EventLog: Sendable {
    private(set) var events: [CardEvent] = []
    private(set) var last: UInt32 = 0
    private(set) var acknowledged: UInt32 = 0
    /// How many were dropped before anybody had acknowledged them, since power-on.
    private(set) var dropped = 0
    private let capacity: Int

    init(capacity: Int) { self.capacity = max(256, capacity) }

    /// What was kept of it.
    init(events: [CardEvent], last: UInt32, acknowledged: UInt32, capacity: Int) {
        self.init(capacity: capacity)
        self.events = events
        self.last = last
        self.acknowledged = acknowledged
    }

    @discardableResult
    mutating func append(_ what: CardEvent.What, at time: CardTime) -> UInt32 {
        last += 1
        events.append(CardEvent(number: last, time: time, what: what))
        drop(keeping: capacity)
        return last
    }

    /// Drops the oldest of more than so many.
    ///
    /// - Returns: whether there were more.
    @discardableResult
    mutating func drop(keeping kept: Int) -> Bool {
        guard events.count > max(0, kept) else { return false }
        dropped += events.count - max(0, kept)
        events.removeFirst(events.count - max(0, kept))
        return true
    }

    /// Forgets so many numbers that were acknowledged, and gives them out once more; not while any event waits.
    ///
    /// - Returns: whether it went back.
    mutating func countAgain(_ count: UInt32) -> Bool {
        guard events.isEmpty, acknowledged == last, last > 0, count > 0 else { return false }
        last -= min(count, last)
        acknowledged = last
        return true
    }

    mutating func acknowledge(upTo number: UInt32) {
        acknowledged = max(acknowledged, number)
        events.removeAll { $0.number <= number }
    }

    /// The first that is not acknowledged, at or behind a number.
    func first(from number: UInt32) -> CardEvent? {
        let start = events.partitioned { $0.number < number }
        return start < events.count ? events[start] : nil
    }

    func count(from number: UInt32) -> Int { events.count - events.partitioned { $0.number < number } }
}

extension Array {
    /// The first position at which `isBefore` is false, in an array that is ordered by it.
    func partitioned(_ isBefore: (Element) -> Bool) -> Int {
        var (low, high) = (0, count)
        while low < high {
            let middle = (low + high) / 2
            if isBefore(self[middle]) { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
