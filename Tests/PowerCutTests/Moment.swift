import Synchronization
import TestSupport

/// Everything in the world at one moment that outlasts a power cut of the gateway.
struct Moment: Sendable {
    var disk = DiskState()
    var card = CardState()
    /// What the destination holds, by object.
    var delivered: [String: [UInt8]] = [:]
    /// Keys of jobs whose `done` was answered.
    var done: Set<String> = []
    /// How often the gateway's machine was started.
    var starts = 0
}

/// What changed outside of the gateway's disk, each with the number of disk calls before it: so that what the world knew before any call can
/// be told again.
final class Chronicle: Sendable {
    private struct State {
        var watch: DiskWatch?
        var cards: [(calls: UInt64, card: CardState)] = []
        var delivered: [(calls: UInt64, object: String, bytes: [UInt8])] = []
        var done: [(calls: UInt64, key: String)] = []

        var calls: UInt64 { watch?.calls ?? 0 }
    }

    let start: Moment
    private let state: Mutex<State>

    /// - Parameter watch: counts the calls; nil: nobody will ask for a moment.
    init(_ start: Moment, watch: DiskWatch? = nil) {
        self.start = start
        state = Mutex(State(watch: watch))
    }

    func committed(_ card: CardState) { state.withLock { $0.cards.append(($0.calls, card)) } }

    func delivered(_ object: String, _ bytes: [UInt8]) { state.withLock { $0.delivered.append(($0.calls, object, bytes)) } }

    func done(_ key: String) { state.withLock { $0.done.append(($0.calls, key)) } }

    /// Nothing changes any more. A watch costs each disk call of the process, whoever makes it.
    func close() { state.withLock { $0.watch = nil } }

    /// The destination's copy.
    func copy(_ object: String) -> [UInt8]? {
        state.withLock { $0.delivered.last { $0.object == object }?.bytes } ?? start.delivered[object]
    }

    /// The world when so many calls had been made, with a disk that is told.
    func moment(after calls: UInt64, disk: DiskState) -> Moment {
        state.withLock { state in
            var moment = start
            moment.disk = disk
            moment.starts += 1
            if let card = state.cards.last(where: { $0.calls <= calls }) { moment.card = card.card }
            for (when, object, bytes) in state.delivered where when <= calls { moment.delivered[object] = bytes }
            for (when, key) in state.done where when <= calls { moment.done.insert(key) }
            return moment
        }
    }
}
