import Recordings
import SoftwareCard
import Synchronization

/// The life that the power cuts are made of: a card with two recordings and ten events, a link that is lost in the middle of them, jobs and
/// deliveries.
struct Story: Sendable {
    static let recordings: [UInt32] = [1, 2]
    /// Of the assistant button, each of which makes a job.
    static let presses = 1
    /// Into which byte of a transfer the link is lost.
    private static let calamity = 5000

    let seed: UInt64
    let life: RecordedLife
    /// The recordings as the card made them.
    let truth: [UInt32: [UInt8]]
    /// For each number of calls how many cuts of all fall on those before it.
    private let weights: [Int]

    static func live(seed: UInt64) throws -> Story {
        let truth = Mutex<[UInt32: [UInt8]]>([:])
        let life = try RecordedLife.record(Moment(), seed: seed, calamity: calamity) { life in
            for number in recordings {
                let bytes = try await life.card.object(number)
                truth.withLock { $0[number] = bytes }
            }
        }
        var (model, weights) = (DiskModel(life.start.disk), [0])
        for entry in life.entries {
            weights.append(weights[weights.endIndex - 1] + weight(model))
            try model.perform(entry)
        }
        weights.append(weights[weights.endIndex - 1] + weight(model))
        return Story(seed: seed, life: life, truth: truth.withLock { $0 }, weights: weights)
    }

    /// Where more is not durable, more can be left.
    private static func weight(_ model: DiskModel) -> Int { 1 + min(12, model.pending) }

    /// The cuts are spread over all numbers of calls, in rising order.
    func calls(before cut: Int, of all: Int) -> Int {
        let place = cut * (weights.last ?? 0) / max(1, all)
        return (weights.firstIndex { $0 > place } ?? weights.count) - 1
    }

    func name(of calls: Int) -> String { calls < life.entries.count ? "\(life.entries[calls])" : "the end" }

    // MARK: - What the card holds

    static func tell(to card: SoftwareCard, at time: UTCTime) async throws {
        try await card.setClock(time)
        _ = try await card.record(speech(seconds: 3), kind: .conversation, marks: 1)
        _ = try await card.record(speech(seconds: 2), kind: .memo)
        for _ in 0..<presses { _ = try await card.press(.assistant, .double) }
        for _ in 0..<2 { _ = try await card.press(.side, .double) }
    }

    private static func speech(seconds: Int) -> [Int16] {
        var phase: UInt32 = 0
        return (0..<seconds * 16_000).map { index in
            phase &+= 7_000_000 &+ UInt32(truncatingIfNeeded: index) &* 40
            return Int16(truncatingIfNeeded: Int32(bitPattern: phase) >> 18)
        }
    }
}
