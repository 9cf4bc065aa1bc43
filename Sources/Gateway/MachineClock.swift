internal import DBus
internal import Daemon
internal import EventLoop
internal import Recordings

/// The machine's wall clock, and whether cards may be set by it.
enum MachineClock {
    /// timedate1 may have to be started first.
    private static let within: Duration = .seconds(10)

    static func wall(_ policy: Configuration.ClockPolicy, bus: DBusConnection) -> WallClock {
        WallClock(now: { UTCTime(milliseconds: SystemTime.milliseconds()) }) {
            if policy == .trusted { return true }
            return await isSynchronised(bus)
        }
    }

    /// `NTPSynchronized` of org.freedesktop.timedate1, which is started for it; where nobody answers, nobody vouches for the clock.
    private static func isSynchronised(_ bus: DBusConnection) async -> Bool {
        guard let own = ObjectPath("/org/freedesktop/DBus"), let path = ObjectPath("/org/freedesktop/timedate1") else { return false }
        do {
            _ = try await bus.call(
                "org.freedesktop.DBus", own, "org.freedesktop.DBus", "StartServiceByName", [.string(service), .uint32(0)], within: within)
            let answer = try await bus.call(
                service, path, "org.freedesktop.DBus.Properties", "Get", [.string(service), .string("NTPSynchronized")], within: within)
            return answer.first == .variant(.boolean(true))
        } catch {
            return false
        }
    }

    private static let service = "org.freedesktop.timedate1"
}
