internal import Glibc

/// A moment as the clocks on the wall showed it, in the zone of this process.
package struct LocalTime: Sendable, Hashable {
    package let year: Int
    package let month: Int
    package let day: Int
    package let hour: Int
    package let minute: Int
    package let second: Int
    /// East of UTC.
    package let offsetMinutes: Int

    /// Makes `zone` the zone of this process. Call at its start, before there are other threads.
    package static func useZone(_ zone: String) {
        _ = unsafe setenv("TZ", zone, 1)
        tzset()
    }

    /// - Parameter milliseconds: since the Unix epoch.
    package init(milliseconds: Int64) {
        let (seconds, rest) = milliseconds.quotientAndRemainder(dividingBy: 1000)
        var time = time_t(rest < 0 ? seconds - 1 : seconds)
        var fields = unsafe tm()
        guard unsafe localtime_r(&time, &fields) != nil else {
            self.init(year: 1970, month: 1, day: 1, hour: 0, minute: 0, second: 0, offsetMinutes: 0)
            return
        }
        self.init(
            year: Int(unsafe fields.tm_year) + 1900, month: Int(unsafe fields.tm_mon) + 1, day: Int(unsafe fields.tm_mday),
            hour: Int(unsafe fields.tm_hour), minute: Int(unsafe fields.tm_min), second: Int(unsafe fields.tm_sec),
            offsetMinutes: unsafe fields.tm_gmtoff / 60)
    }

    /// The moment at which the wall's clocks show this; nil when there is none.
    package static func milliseconds(year: Int, month: Int, day: Int, hour: Int, minute: Int) -> Int64? {
        guard (1900...9999).contains(year), (1...12).contains(month), (1...31).contains(day), (0...23).contains(hour), (0...59).contains(minute)
        else { return nil }
        var fields = unsafe tm()
        unsafe fields.tm_year = Int32(year - 1900)
        unsafe fields.tm_mon = Int32(month - 1)
        unsafe fields.tm_mday = Int32(day)
        unsafe fields.tm_hour = Int32(hour)
        unsafe fields.tm_min = Int32(minute)
        unsafe fields.tm_isdst = -1
        let seconds = unsafe mktime(&fields)
        return seconds == -1 ? nil : Int64(seconds) * 1000
    }

    private init(year: Int, month: Int, day: Int, hour: Int, minute: Int, second: Int, offsetMinutes: Int) {
        self.year = year
        self.month = month
        self.day = day
        self.hour = hour
        self.minute = minute
        self.second = second
        self.offsetMinutes = offsetMinutes
    }

    /// `09:14:01`
    package var clock: String { [hour, minute, second].map(Self.two).joined(separator: ":") }

    /// `2026-11-23`
    package var date: String { "\(year)-\(Self.two(month))-\(Self.two(day))" }

    private static func two(_ number: Int) -> String { (number < 10 ? "0" : "") + String(number) }
}
