internal import Recordings
internal import Synchronization

/// Cards whose lists say what is not so, recording by recording; hits are counted. The bytes, and their digest, are the truth.
package final class ListFaults: Sendable {
    package enum Lie: String, Sendable, CaseIterable {
        /// The recording is not listed, though it is there.
        case hidden
        /// More bytes than there are.
        case longer
        /// Fewer bytes than there are.
        case shorter
        /// More bytes than any card has.
        case huge
        /// A number that no recording can have; what comes behind it is not listed.
        case malformed
        /// It began at some other time.
        case otherTime = "other-time"
    }

    private struct Told {
        let lie: Lie
        /// In so many lists yet; nil: in all.
        var left: Int?
        /// Told in the list that is being sent: told again in it, it is the same hit.
        var isTold = false
    }

    private struct State {
        var lies: [UInt32: Told] = [:]
        var hits: [Lie: Int] = [:]
    }

    private let state = Mutex(State())

    package init() {}

    /// In how many lists each lie was told.
    package var hits: [Lie: Int] { state.withLock(\.hits) }
    /// Lies that are still in force.
    package var waiting: Int { state.withLock(\.lies.count) }

    /// - Parameter lists: in how many lists; nil: in all.
    package func set(_ lie: Lie, of recording: UInt32, lists: Int? = nil) {
        state.withLock { $0.lies[recording] = Told(lie: lie, left: lists) }
    }

    package func clear() { state.withLock { $0.lies = [:] } }

    /// Another list is read from now on.
    func nextList() {
        state.withLock { state in
            for (number, told) in state.lies where told.isTold {
                let left = told.left.map { $0 - 1 }
                state.lies[number] = left == 0 ? nil : Told(lie: told.lie, left: left)
            }
        }
    }

    /// What is listed instead of an entry; nil: nothing.
    func list(_ truth: ListedRecording) -> ListedRecording? {
        let told = state.withLock { state -> Lie? in
            guard let told = state.lies[truth.number] else { return nil }
            if !told.isTold { state.hits[told.lie, default: 0] += 1 }
            state.lies[truth.number]?.isTold = true
            return told.lie
        }
        switch told {
        case nil: return truth
        case .hidden: return nil
        case .longer: return truth.with(size: truth.size + 10)
        case .shorter: return truth.with(size: truth.size - min(10, truth.size))
        case .huge: return truth.with(size: 1 << 40)
        case .malformed: return truth.with(number: .max)
        case .otherTime: return truth.with(started: CardTime(.sincePowerOn(milliseconds: 7), boot: truth.started.boot &+ 1000))
        }
    }
}

extension ListedRecording {
    /// The same entry, but for what is given.
    func with(number: UInt32? = nil, size: UInt64? = nil, started: CardTime? = nil, digestPrefix: [UInt8]? = nil) -> ListedRecording {
        ListedRecording(
            number: number ?? self.number, size: size ?? self.size, started: started ?? self.started, durationMilliseconds: durationMilliseconds,
            kind: kind, marks: marks, flags: flags, firstEvent: firstEvent, digestPrefix: digestPrefix ?? self.digestPrefix)
    }
}
