import GATT
import Recordings
import SoftwareCard
import TestSupport

/// One card of a world, with the truth about it.
struct WorldCard: Sendable {
    let name: String
    let serial: CardSerial
    let address: DeviceAddress
    let card: SoftwareCard
    let truth: CardTruth
    let faults: LinkFaults
    let plan: Plan.Card

    /// Nothing more goes wrong.
    func heal() {
        faults.disturbances.clear()
        faults.setRate(nil)
        behave()
    }

    /// Does one thing of its plan. What the card refuses (it is full, there is nothing to delete) did not happen.
    func perform(_ happening: Happening) async throws {
        do {
            switch happening {
            case .record(let milliseconds, let kind, let marks):
                _ = try await card.record(Speech.samples(milliseconds: milliseconds), kind: kind, marks: marks)
            case .memo(let milliseconds): _ = try await card.press(.assistant, .double, memo: Speech.samples(milliseconds: milliseconds))
            case .press(let button, let gesture): _ = try await card.press(button, gesture)
            }
        } catch is SoftwareCardError {
            return
        }
    }
}

/// A voice-like tone: what it sounds like does not matter here.
enum Speech {
    private static let tone: [Int16] = {
        var phase: UInt32 = 0
        return (0..<16_000 * 8).map { index -> Int16 in
            phase &+= 7_000_000 &+ UInt32(truncatingIfNeeded: index) &* 40
            return Int16(truncatingIfNeeded: Int32(bitPattern: phase) >> 18)
        }
    }()

    static func samples(milliseconds: Int) -> [Int16] { Array(tone.prefix(milliseconds * 16)) }
}
