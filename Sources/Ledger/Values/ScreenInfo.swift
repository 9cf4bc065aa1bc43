package import Recordings

/// A text on its way to a card.
package struct ScreenInfo: Sendable, Hashable {
    package enum State: String, Sendable, Hashable, CaseIterable { case waiting, shown, expired }

    package let id: ScreenID
    package let card: CardID
    package let content: ScreenText
    package let state: State
    package let createdAt: UTCTime
    package let shownAt: UTCTime?
}
