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
        if events.count > capacity {
            dropped += events.count - capacity
            events.removeFirst(events.count - capacity)
        }
        return last
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
