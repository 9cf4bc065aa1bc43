internal import CardProfile
internal import GATT
package import Recordings

/// What is going to happen to a card and when, and how often it did. A mishap that found nothing to harm is no hit.
package final class CardMishaps: Sendable {
    private struct Armed {
        let mishap: CardMishap
        var moment: CardMishap.Moment
    }

    /// A place in the card's work at which something may happen.
    enum Occasion: Equatable {
        case value
        case request(UInt8)
        case response(UInt8)
    }

    private struct State {
        var armed: [Armed] = []
        /// Their moment has come; the card sees to them.
        var due: [CardMishap] = []
        /// How many came due, and of how many the card has seen to.
        var (called, over): (UInt64, UInt64) = (0, 0)
        var hits: [String: Int] = [:]
        var shown: CardSerial?
    }

    private let state = WaitableState(State())

    package init() {}

    /// How often each happened, by name.
    package var hits: [String: Int] { state.read(\.hits) }
    /// What has not happened yet.
    package var waiting: Int { state.read { $0.armed.count + $0.due.count } }

    /// Each happens once.
    package func arm(_ mishap: CardMishap, at moment: CardMishap.Moment) {
        state.change { $0.armed.append(Armed(mishap: mishap, moment: moment)) }
    }

    /// Nothing more happens, and the card shows its own serial number.
    package func clear() {
        state.change {
            $0.armed = []
            $0.shown = nil
        }
    }

    /// From now on the card says that it is another. Each time that it says so is a hit of "serial of another".
    package func show(_ serial: CardSerial?) { state.change { $0.shown = serial } }

    func hit(_ name: String) { state.change { $0.hits[name, default: 0] += 1 } }

    /// What the card says its serial number is.
    func serial(_ truth: CardSerial) -> CardSerial {
        state.change { state in
            guard let shown = state.shown else { return truth }
            state.hits["serial of another", default: 0] += 1
            return shown
        }
    }

    /// The card is at such a place in its work: it suspends until what was to happen there has happened.
    ///
    /// Throws `CancellationError` when the work is not wanted any more; what is due happens all the same.
    func pass(_ occasion: Occasion, wake: () -> Void) async throws {
        let last = state.change { state -> UInt64? in
            let before = state.called
            for position in state.armed.indices where state.armed[position].moment.count(occasion) {
                state.due.append(state.armed[position].mishap)
                state.called += 1
            }
            state.armed.removeAll { $0.moment.hasCome }
            return state.called > before ? state.called : nil
        }
        guard let last else { return }
        wake()
        try await state.when { $0.over >= last ? () : nil }
    }

    func takeDue() -> CardMishap? { state.change { $0.due.isEmpty ? nil : $0.due.removeFirst() } }

    func isOver() { state.change { $0.over += 1 } }
}

extension CardMishap.Moment {
    fileprivate var hasCome: Bool {
        switch self {
        case .value(let left), .request(_, let left), .response(_, let left): left <= 0
        }
    }

    /// - Returns: whether this is the moment.
    fileprivate mutating func count(_ occasion: CardMishaps.Occasion) -> Bool {
        switch self {
        case .value(let left) where occasion == .value: self = .value(left - 1)
        case .request(let opcode, let left) where occasion == .request(opcode.rawValue): self = .request(opcode, left - 1)
        case .response(let opcode, let left) where occasion == .response(opcode.rawValue): self = .response(opcode, left - 1)
        default: return false
        }
        return hasCome
    }
}
