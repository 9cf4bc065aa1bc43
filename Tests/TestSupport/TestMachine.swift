package import EventLoop
package import Foundation
package import Recordings

/// A machine that stands still until a test moves its time on: wall clock, boot clock, sleeps in it, and a folder of its own that
/// goes with it.
package final class TestMachine: Sendable {
    private let clock = ManualClock()
    private let start: ManualClock.Instant
    package let folder: URL
    /// What the wall clock shows at the start: 2026-11-23T09:00:00Z.
    package static let morning = UTCTime(milliseconds: 1_795_424_400_000)

    package init() throws {
        start = clock.now
        folder = FileManager.default.temporaryDirectory.appending(path: "earshot-test-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(at: folder) }

    package func advance(by duration: Duration) { clock.advance(by: duration) }

    package var now: UTCTime {
        let (seconds, attoseconds) = start.duration(to: clock.now).components
        return Self.morning.advanced(by: seconds * 1000 + attoseconds / 1_000_000_000_000_000)
    }

    package var wall: WallClock { WallClock(now: { self.now }, isSynchronised: { true }) }

    /// - Parameter id: another one is another start of the machine, whose time begins at 0.
    package func boot(_ id: String = "first") -> BootClock {
        let (clock, start) = (clock, id == "first" ? start : clock.now)
        return BootClock(bootID: id) {
            let (seconds, attoseconds) = start.duration(to: clock.now).components
            return UInt64(seconds) * 1_000_000_000 + UInt64(attoseconds / 1_000_000_000)
        }
    }

    package var sleep: @Sendable (Duration) async throws -> Void {
        { [clock] in try await clock.sleep(until: clock.now.advanced(by: $0), tolerance: nil) }
    }

    package func path(_ name: String) -> String { folder.appending(path: name).path }
}
