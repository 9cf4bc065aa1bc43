import CardProfile
import Drivers
import GATT
import Recordings
import SoftwareCard
import TestSupport
import Testing

/// Pieces and checkpoints of recordings that do not come in one go.
@Suite struct PieceTests {
    @Test func aLongRecordingComesInPiecesAndEachIsProven() throws {
        try DriverWorld.run(card: { $0.bitrate = 256_000 }) { world in
            let noise = Draws(5)
            let speech = (0..<16_000 * 45).map { _ in Int16(truncatingIfNeeded: noise.next()) }
            let number = try await world.card.record(speech, kind: .conversation)
            let size = UInt64(try await world.card.object(number).count)
            #expect(size > RecordingPull.piece, "\(size)")
            let report = try await world.session()
            #expect(report.end == .complete && report.payloadBytes == size)
            #expect(world.sink.calls.contains(.checkpoint(number, RecordingPull.piece, proven: true)))
            #expect(world.sink.calls.contains(.checkpoint(number, size, proven: true)))
            #expect(try await world.isWhole(number))
        }
    }

    /// The machine dies without a word: what a checkpoint each 2 s made durable is not sent again.
    @Test func whatCameIsDurableEveryTwoSeconds() throws {
        try DriverWorld.run { world in
            try await world.record(seconds: 10)
            world.faults.setRate(4000)
            let ended = try await withDeadline(.seconds(6), clock: world.clock) { try await world.session() }
            #expect(ended == nil)
            let came = world.sink.report.appended
            world.sink.crash()
            world.faults.setRate(nil)
            #expect(try await world.session().end == .complete)
            #expect(try await world.isWhole(1))
            let resumed = world.sink.calls.compactMap { call -> UInt64? in
                if case .began(1, let offset) = call { offset } else { nil }
            }
            #expect(resumed.count == 2 && resumed[0] == 0 && resumed[1] > 0)
            // At most what came in 2 s is lost.
            #expect(came - resumed[1] < 4000 * 5 / 2, "\(came) came, \(resumed[1]) were durable")
        }
    }

    /// The end of a transfer is lost: nothing comes any more, and after 2 s the rest counts as missing.
    @Test func aTransferWhoseEndIsLostIsFinishedByTheNext() throws {
        try DriverWorld.run { world in
            try await world.record(seconds: 2)
            let once = Once()
            world.air.set { number, value in
                // Once, of the recording's transfer: lists and log have ended before with five values and their ends.
                number > 10 && value[1] & 1 == 1 && once.isFirst ? [] : [value]
            }
            let start = world.clock.now
            let report = try await world.session()
            let lasted = start.duration(to: world.clock.now)
            #expect(report.end == .complete && report.gaps == 1 && report.repeatedBytes == 0)
            #expect(lasted >= TransferReceiver.gapAfter && lasted < .seconds(10))
            #expect(try await world.isWhole(1))
        }
    }
}

/// True the first time it is asked.
final class Once: Sendable {
    private let state = WaitableState(true)
    var isFirst: Bool {
        state.change { state in
            defer { state = false }
            return state
        }
    }
}
