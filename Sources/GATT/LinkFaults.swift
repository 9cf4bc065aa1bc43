internal import Synchronization

/// What goes wrong on one device's links, and how fast they are: asked for every value that the device sends, by whatever
/// carries it (`MemoryRadio`, `SimulatedBlueZ`). Every fault counts its hits.
package final class LinkFaults: Sendable {
    /// What happens to one notification or indication on its way to the central.
    package enum Fate: Sendable, Equatable {
        case delivered
        /// The central never sees it; the device's stack took it all the same. Indications are confirmed.
        case dropped
        /// The link is lost before the value arrives.
        case linkLost
    }

    /// What was seen so far; figures only rise.
    package struct Report: Sendable, Equatable {
        package var linkLosses = 0
        package var droppedValues = 0
        /// Values and bytes that reached the central.
        package var deliveredValues: UInt64 = 0
        package var deliveredBytes: UInt64 = 0

        package init() {}
    }

    fileprivate struct Armed {
        let characteristic: CharacteristicID?
        var action: Action

        enum Action {
            case loseLink(afterBytes: Int)
            case drop(count: Int, after: Int)
        }
    }

    private struct State {
        var armed: [Armed] = []
        var bytesPerSecond: Int?
        /// When the link has sent everything that was handed to it, on the stopwatch.
        var freeAt: Duration = .zero
        var report = Report()
    }

    /// How far a sender may catch up after it slept too long: without it every sleep's lateness would lower the rate.
    private static let catchUp: Duration = .milliseconds(20)

    /// What a test has drawn besides; heeded by links in memory alone.
    package let disturbances = LinkDisturbances()

    private let state: Mutex<State>
    private let stopwatch: Stopwatch

    /// - Parameter bytesPerSecond: how fast values go; nil is as fast as they are taken.
    package init(clock: any Clock<Duration>, bytesPerSecond: Int? = nil) {
        stopwatch = Stopwatch(clock)
        state = Mutex(State(bytesPerSecond: bytesPerSecond.map { max(1, $0) }))
    }

    package var report: Report { state.withLock(\.report) }

    /// Faults that were set and have not happened yet.
    package var waiting: Int { state.withLock(\.armed.count) }

    /// Loses the link, once, as soon as so many more bytes were delivered on the characteristic (nil: on any).
    package func loseLink(afterBytes bytes: Int, on characteristic: CharacteristicID? = nil) {
        state.withLock { $0.armed.append(Armed(characteristic: characteristic, action: .loseLink(afterBytes: max(0, bytes)))) }
    }

    /// Drops the next `count` values of the characteristic (nil: of any), after `others` more were delivered.
    package func drop(_ count: Int, after others: Int = 0, of characteristic: CharacteristicID? = nil) {
        guard count > 0 else { return }
        state.withLock { $0.armed.append(Armed(characteristic: characteristic, action: .drop(count: count, after: max(0, others)))) }
    }

    /// - Parameter rate: bytes per second; nil is as fast as values are taken.
    package func setRate(_ rate: Int?) {
        state.withLock { $0.bytesPerSecond = rate.map { max(1, $0) } }
    }

    /// Waits until the link has room for so many bytes at its rate. Throws `CancellationError`.
    package func pace(_ bytes: Int) async throws {
        let now = stopwatch.elapsed
        let freeAt = state.withLock { state -> Duration in
            guard let rate = state.bytesPerSecond else { return now }
            state.freeAt = max(state.freeAt, now - Self.catchUp) + .seconds(Double(bytes) / Double(rate))
            return state.freeAt
        }
        if freeAt > now { try await stopwatch.sleep(until: freeAt) }
    }

    /// Decides about one value of so many bytes, in the order in which values are sent.
    package func fate(of bytes: Int, on characteristic: CharacteristicID) -> Fate {
        state.withLock { state in
            var fate = Fate.delivered
            var position = 0
            while position < state.armed.count {
                let isOver = state.armed[position].concerns(characteristic) && state.armed[position].decide(bytes, &fate)
                if isOver { state.armed.remove(at: position) } else { position += 1 }
                if fate != .delivered { break }
            }
            switch fate {
            case .delivered:
                state.report.deliveredValues += 1
                state.report.deliveredBytes += UInt64(bytes)
            case .dropped: state.report.droppedValues += 1
            case .linkLost: state.report.linkLosses += 1
            }
            return fate
        }
    }
}

extension LinkFaults.Armed {
    func concerns(_ characteristic: CharacteristicID) -> Bool {
        self.characteristic.map { $0 == characteristic } ?? true
    }

    /// - Returns: whether the fault has happened for the last time.
    mutating func decide(_ bytes: Int, _ fate: inout LinkFaults.Fate) -> Bool {
        switch action {
        case .loseLink(let left):
            guard left < bytes else {
                action = .loseLink(afterBytes: left - bytes)
                return false
            }
            fate = .linkLost
            return true
        case .drop(let count, let others):
            guard others == 0 else {
                action = .drop(count: count, after: others - 1)
                return false
            }
            fate = .dropped
            action = .drop(count: count - 1, after: 0)
            return count <= 1
        }
    }
}
