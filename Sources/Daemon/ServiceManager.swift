internal import CSystemd
internal import Glibc

/// What this process tells the service manager that started it (sd_notify(3)). Without one, or under another, nothing is said.
package enum ServiceManager {
    /// Start-up is over (`Type=notify`): the unit is up from now on.
    package static func ready(_ status: String) { send("READY=1\nSTATUS=\(line(status))") }

    /// One line for `systemctl status`.
    package static func status(_ text: String) { send("STATUS=\(line(text))") }

    /// The process is alive; to be said within each `watchdogPeriod`.
    package static func alive() { send("WATCHDOG=1") }

    /// The configuration is read anew; ends with `ready`.
    package static func reloading() {
        var now = timespec()
        unsafe clock_gettime(CLOCK_MONOTONIC, &now)
        send("RELOADING=1\nMONOTONIC_USEC=\(now.tv_sec * 1_000_000 + now.tv_nsec / 1000)")
    }

    /// Shutting down has begun.
    package static func stopping(_ status: String) { send("STOPPING=1\nSTATUS=\(line(status))") }

    /// How long the manager waits for a sign of life (`WatchdogSec=`); nil when it does not.
    package static var watchdogPeriod: Duration? {
        var microseconds: UInt64 = 0
        guard unsafe sd_watchdog_enabled(0, &microseconds) > 0 else { return nil }
        return .microseconds(Int64(clamping: microseconds))
    }

    private static func send(_ state: String) { _ = unsafe sd_notify(0, state) }

    /// A line break would begin another assignment.
    private static func line(_ text: String) -> String { String(text.map { $0.isNewline ? " " : $0 }) }
}
