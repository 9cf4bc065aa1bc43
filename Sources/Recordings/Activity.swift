internal import Synchronization

/// What goes on right now, for a person who watches: observed, not durable, not replayed.
package struct Activity: Sendable, Hashable {
    package enum What: Sendable, Hashable {
        /// An advertisement of a paired card, when it was last silent or its hint changed.
        case seen(rssi: Int?)
        case connecting
        case sessionStarted
        /// `reason` is for a person.
        case sessionEnded(reason: String, bytes: UInt64)
        /// READ begins at `offset` of `size` bytes.
        case transferStarted(recording: UInt32, offset: UInt64, size: UInt64)
        /// `offset` bytes are here; sent at most each 64 KiB or half second.
        case transferProgress(recording: UInt32, offset: UInt64, size: UInt64)
        /// Notifications were missing in the sequence; `keptTo` is what came before.
        case gap(recording: UInt32, keptTo: UInt64)
        /// The checksum of a transfer was wrong.
        case checksumWrong(recording: UInt32)
        /// The digest computed here is not the one that the card lists or accepts.
        case digestDiffers(recording: UInt32)
        case stored(recording: UInt32, size: UInt64)
        case released(recording: UInt32)
        /// Events were committed up to this number.
        case events(upTo: UInt32, count: Int)
        case screenShown(text: String)
        /// Pulling stopped for want of disk space; the card keeps its copies.
        case noRoom(needed: UInt64, free: UInt64)
        /// Back-off until the next attempt.
        case retry(reason: String, after: Duration)
        case adapter(state: String)
    }

    /// nil for what concerns the box.
    package let card: CardID?
    package let at: UTCTime
    package let what: What

    package init(card: CardID?, at: UTCTime, what: What) {
        self.card = card
        self.at = at
        self.what = what
    }
}

/// Hands activity to whoever watches. A watcher that is slow loses the oldest: the ledger is what counts.
package final class ActivityFeed: Sendable {
    /// How many activities wait for one watcher.
    package static let capacity = 1024

    private let watchers = Mutex<[UInt64: AsyncStream<Activity>.Continuation]>([:])
    private let names = Atomic<UInt64>(0)

    package init() {}

    /// How many watch at this moment.
    package var watcherCount: Int { watchers.withLock { $0.count } }

    /// Never waits.
    package func publish(_ activity: Activity) {
        let all = watchers.withLock { Array($0.values) }
        for watcher in all { watcher.yield(activity) }
    }

    /// Lends what is published while `body` runs, the newest `capacity` of what was not taken.
    package func withActivities<R>(_ body: (AsyncStream<Activity>) async throws -> R) async rethrows -> R {
        let name = names.add(1, ordering: .relaxed).newValue
        let (stream, continuation) = AsyncStream.makeStream(of: Activity.self, bufferingPolicy: .bufferingNewest(Self.capacity))
        watchers.withLock { $0[name] = continuation }
        defer {
            watchers.withLock { $0[name] = nil }
            continuation.finish()
        }
        return try await body(stream)
    }
}
