internal import GATT
internal import Recordings
internal import Synchronization

/// Which adapter carries out the open pairing, when several hear the card: one at a time, and the one with the fewest cards has a head start,
/// so that adapters share the load. A bond belongs to one adapter for ever.
final class PairingTurn: Sendable {
    private struct State {
        var favourite: DeviceAddress?
        var opensAt: Duration = .zero
        var taken: DeviceAddress?
    }

    private let headStart: Duration
    private let state = Mutex(State())

    /// - Parameter headStart: how long the others wait for an adapter that may not hear the card.
    init(headStart: Duration) { self.headStart = headStart }

    /// A pairing was opened.
    func open(favourite: DeviceAddress?, at now: Duration) {
        state.withLock { $0 = State(favourite: favourite, opensAt: favourite == nil ? now : now + headStart) }
    }

    func mayTake(_ adapter: DeviceAddress, at now: Duration) -> Bool { state.withLock { Self.mayTake($0, adapter, now) } }

    /// - Returns: false when another one has it, or comes first.
    func take(_ adapter: DeviceAddress, at now: Duration) -> Bool {
        state.withLock { state in
            guard Self.mayTake(state, adapter, now) else { return false }
            state.taken = adapter
            return true
        }
    }

    /// It came to nothing, or it is done.
    func end(_ adapter: DeviceAddress) {
        state.withLock { if $0.taken == adapter { $0.taken = nil } }
    }

    private static func mayTake(_ state: State, _ adapter: DeviceAddress, _ now: Duration) -> Bool {
        state.taken == nil && (state.favourite == adapter || now >= state.opensAt)
    }
}
