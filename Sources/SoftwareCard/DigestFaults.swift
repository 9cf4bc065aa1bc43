internal import Recordings
internal import Synchronization

/// Cards that lie about a digest, recording by recording; hits are counted.
package final class DigestFaults: Sendable {
    package enum Lie: String, Sendable, Codable, CaseIterable {
        /// Refuses the right digest of the next RELEASE, then tells the truth.
        case refuseOnce = "refuse-once"
        /// Refuses every digest.
        case refuseAlways = "refuse-always"
        /// Lists the first eight bytes of another digest in the next list that has the recording, then the truth.
        case listOnce = "list-once"
        /// Lists the first eight bytes of another digest, whenever it lists the recording.
        case list

        fileprivate var isAboutLists: Bool { self == .list || self == .listOnce }
    }

    private struct State {
        var lies: [UInt32: Lie] = [:]
        /// Recordings whose list entry was a lie already: told again, it is the same hit.
        var listed: Set<UInt32> = []
        var hits: [Lie: Int] = [:]
    }

    private let state = Mutex(State())

    package init() {}

    /// How often a lie was told.
    package var hits: Int { state.withLock { $0.hits.values.reduce(0, +) } }
    /// How often each was.
    package var hitsByLie: [Lie: Int] { state.withLock(\.hits) }
    /// Lies that are still in force.
    package var waiting: Int { state.withLock(\.lies.count) }

    package func set(_ lie: Lie, of recording: UInt32) {
        state.withLock {
            $0.lies[recording] = lie
            $0.listed.remove(recording)
        }
    }

    /// - Parameter isOver: which lies are told no more.
    package func clear(_ isOver: (Lie) -> Bool = { _ in true }) {
        state.withLock { state in state.lies = state.lies.filter { !isOver($0.value) } }
    }

    /// Another list is read from now on.
    func nextList() {
        state.withLock { state in
            for number in state.listed where state.lies[number] == .listOnce { state.lies[number] = nil }
        }
    }

    /// What the card holds against the digest of a RELEASE.
    func answer(_ truth: SHA256Digest, of recording: UInt32) -> SHA256Digest {
        state.withLock { state in
            guard let lie = state.lies[recording], !lie.isAboutLists else { return truth }
            state.hits[lie, default: 0] += 1
            if lie == .refuseOnce { state.lies[recording] = nil }
            return SHA256Digest(truth.bytes.map { ~$0 }) ?? truth
        }
    }

    /// What is listed instead of an entry.
    func list(_ truth: ListedRecording) -> ListedRecording {
        guard let digest = truth.digestPrefix else { return truth }
        return state.withLock { state in
            guard let lie = state.lies[truth.number], lie.isAboutLists else { return truth }
            if state.listed.insert(truth.number).inserted { state.hits[lie, default: 0] += 1 }
            return truth.with(digestPrefix: digest.map { ~$0 })
        }
    }
}
