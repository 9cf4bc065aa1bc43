internal import Recordings
internal import Synchronization

/// Cards that lie about a digest, recording by recording; hits are counted.
package final class DigestFaults: Sendable {
    package enum Lie: String, Sendable, Codable, CaseIterable {
        /// Refuses the right digest of the next RELEASE, then tells the truth.
        case refuseOnce = "refuse-once"
        /// Refuses every digest.
        case refuseAlways = "refuse-always"
        /// Lists the first eight bytes of another digest, whenever it lists the recording.
        case list
    }

    private struct State {
        var lies: [UInt32: Lie] = [:]
        /// Recordings whose list entry was a lie already: told again, it is the same hit.
        var listed: Set<UInt32> = []
        var hits = 0
    }

    private let state = Mutex(State())

    package init() {}

    /// How often a lie was told.
    package var hits: Int { state.withLock(\.hits) }
    /// Lies that are still in force.
    package var waiting: Int { state.withLock(\.lies.count) }

    package func set(_ lie: Lie, of recording: UInt32) {
        state.withLock {
            $0.lies[recording] = lie
            $0.listed.remove(recording)
        }
    }

    package func clear() { state.withLock { $0.lies = [:] } }

    /// What the card holds against the digest of a RELEASE.
    func answer(_ truth: SHA256Digest, of recording: UInt32) -> SHA256Digest {
        state.withLock { state in
            guard let lie = state.lies[recording], lie != .list else { return truth }
            state.hits += 1
            if lie == .refuseOnce { state.lies[recording] = nil }
            return SHA256Digest(truth.bytes.map { ~$0 }) ?? truth
        }
    }

    /// What the card lists of a complete recording.
    func list(_ truth: [UInt8], of recording: UInt32) -> [UInt8] {
        state.withLock { state in
            guard state.lies[recording] == .list else { return truth }
            if state.listed.insert(recording).inserted { state.hits += 1 }
            return truth.map { ~$0 }
        }
    }
}
