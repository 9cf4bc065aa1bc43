import Recordings
import SoftwareCard

/// What may be here of one number of a card, after all that happened to it.
struct Expectation {
    /// States that the ledger may give the number.
    let states: Set<RecordingState>
    /// What a copy of it may hold: each recording that had the number, as it was at one time or another.
    let versions: [[UInt8]]
    /// What must be here: each recording that the card released, as it was then.
    let released: [[UInt8]]
    /// Whether the gateway may never have heard of it: the storage was formatted before.
    let mayBeUnknown: Bool
    /// Whether there may be copies beside the one that counts.
    let mayHaveCopies: Bool
    /// Whether a part of it may be left, since the card has no more of it.
    let mayHavePart: Bool

    init(_ number: UInt32, of life: CardTruth.Life, on card: WorldCard, isShared: Bool) {
        let all = life.all(number)
        let last = all.last?.state ?? .held
        let isRefused = card.plan.refuses(number)
        let isCut = card.plan.cutsShort(number)
        let isChanged = all.contains { $0.versions.count > 1 } || all.count > 1
        released = all.filter { $0.states.contains(.released) }.map(\.bytes)
        let whole = all.flatMap(\.versions)
        versions = whole + (isCut ? whole.map { Array($0.dropLast(10)) } : [])
        mayBeUnknown = life.isOver && released.isEmpty
        mayHaveCopies = isChanged || isCut || isRefused
        mayHavePart = [.deletedByUser, .lost].contains(last) || life.isOver
        var states = Self.states(last, isShared: isShared)
        // A number that was given out again stands for the one that was accepted first.
        if all.count > 1 { states.insert(.proven) }
        // What the card never accepted stays here all the same.
        if isRefused || ((isCut || isChanged || card.plan.lies(about: number)) && last != .released) {
            states.formUnion([.disputed, .contested])
        }
        if isRefused, last == .held { states.subtract([.stored, .listed, .pulling]) }
        // A RELEASE that crosses the formatting is answered by a storage that has no such number: gone is as good as released.
        if life.isOver { states.formUnion([.lostOnCard, .stored, .proven, .contested, .disputed]) }
        // The card had told that it was there, and not why it is not, or never showed it before the storage was formatted.
        if life.forgotTheEnd(of: number) || (life.isOver && card.plan.hides(number)) { states.insert(.vanished) }
        // Another gateway released what became of it behind the copy that is here.
        if isShared && isChanged { states.insert(.disputed) }
        self.states = states
    }

    private static func states(_ last: HeldRecording.State, isShared: Bool) -> Set<RecordingState> {
        switch last {
        case .released: isShared ? [.proven, .releasedElsewhere] : [.proven]
        // Whoever comes behind another gateway cannot tell why it is not listed any more.
        case .deletedByUser: isShared ? [.deletedOnCard, .proven, .stored, .releasedElsewhere] : [.deletedOnCard, .proven, .stored]
        case .lost: isShared ? [.lostOnCard, .proven, .stored, .releasedElsewhere] : [.lostOnCard, .proven, .stored]
        case .held: []
        case .inProgress, .closing: [.listed]
        }
    }
}

extension Plan.Card {
    private func digests(_ lies: Set<DigestFaults.Lie>, of number: UInt32) -> Bool {
        troubles.contains { if case .digest(let lie, number) = $0.trouble { lies.contains(lie) } else { false } }
    }

    /// The card refuses every digest of it, to the end.
    func refuses(_ number: UInt32) -> Bool { digests([.refuseAlways], of: number) }

    /// What it says of it is not so, for a while.
    func lies(about number: UInt32) -> Bool { digests(Set(DigestFaults.Lie.allCases), of: number) || cutsShort(number) }

    /// It does not list it, for a while.
    func hides(_ number: UInt32) -> Bool {
        troubles.contains { if case .list(.hidden, number, _) = $0.trouble { true } else { false } }
    }

    /// It lists fewer bytes than it has.
    func cutsShort(_ number: UInt32) -> Bool {
        troubles.contains { if case .list(.shorter, number, _) = $0.trouble { true } else { false } }
    }
}
