internal import GATT
package import Recordings

/// What waits for one card's link: actions with whoever waits for their result, news from this side, and the wish for its slot.
/// The radio fills it from any task; one session empties it.
package final class CardAgenda: Sendable {
    /// More actions than this that wait for one card are refused.
    package static let capacity = 16

    package struct Item: Sendable {
        /// Names it in this agenda.
        package let id: UInt64
        package let action: CardAction
        /// Called once with what the card answered.
        package let finished: @Sendable (CardActionResult) -> Void
    }

    private struct State {
        var items: [Item] = []
        /// What a session has taken out, as long as it is wanted.
        var taken: UInt64?
        var ids: UInt64 = 0
        var shouldYield = false
        var shouldLook = false
    }

    private let state = WaitableState(State())

    package init() {}

    /// Adds an action.
    ///
    /// - Returns: its name; nil when the agenda is full, and `finished` is then never called.
    package func add(_ action: CardAction, finished: @escaping @Sendable (CardActionResult) -> Void) -> UInt64? {
        state.change { state in
            guard state.items.count < Self.capacity else { return nil }
            state.ids += 1
            state.items.append(Item(id: state.ids, action: action, finished: finished))
            return state.ids
        }
    }

    /// Nobody waits for the action any more: it is not begun again. One that a session has begun may still be done by the card.
    package func remove(_ id: UInt64) {
        state.change { state in
            state.items.removeAll { $0.id == id }
            if state.taken == id { state.taken = nil }
        }
    }

    package var isEmpty: Bool { state.read { $0.items.isEmpty } }

    /// Asks for the card's recordings to be listed again: what this side may do with them has changed.
    package func askToLook() { state.change { $0.shouldLook = true } }

    /// Whether to list the card's recordings again.
    package var shouldLook: Bool { state.read(\.shouldLook) }

    /// Session: they are listed now. What is asked from here on needs another list.
    package func looks() {
        // Most often nobody asked, and nobody has to be woken for it.
        if shouldLook { state.change { $0.shouldLook = false } }
    }

    /// Asks the session to end once nothing is left to fetch: another card waits for the slot.
    package func askToYield() { state.change { $0.shouldYield = true } }

    /// Radio: a link stands and its session begins, so that an earlier wish for the slot is over.
    package func sessionBegins() { state.change { $0.shouldYield = false } }

    /// Session: whether to end when there is nothing left to fetch.
    package var shouldYield: Bool { state.read(\.shouldYield) }

    /// Session: the oldest action, taken out. When the link ends before the card answers, `putBack` it.
    package func take() -> Item? {
        state.change { state in
            guard !state.items.isEmpty else { return nil }
            let item = state.items.removeFirst()
            state.taken = item.id
            return item
        }
    }

    /// Session: the card did not answer. Without effect when the action was removed meanwhile.
    package func putBack(_ item: Item) {
        state.change { state in
            if state.taken == item.id { state.items.insert(item, at: 0) }
        }
    }

    /// Session: suspends until there is an action, a wish to look or to yield, or the task is cancelled. One waiter at a time.
    package func somethingToDo() async {
        _ = try? await state.when { $0.items.isEmpty && !$0.shouldYield && !$0.shouldLook ? nil : () }
    }
}
