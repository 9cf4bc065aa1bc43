/// A point in time: milliseconds since the Unix epoch in UTC, leap seconds not counted. Always one that RFC 3339 can write, years 0 to 9999:
/// sums of what a card says go far beyond, and a time that cannot be read again would make every list that it stands in unreadable.
package struct UTCTime: Hashable, Sendable, Comparable, CustomStringConvertible, Codable {
    package let milliseconds: Int64

    /// 0000-01-01T00:00:00.000Z to 9999-12-31T23:59:59.999Z.
    private static let writable: ClosedRange<Int64> = -62_167_219_200_000...253_402_300_799_999

    /// A time beyond what can be written becomes the nearest that can.
    package init(milliseconds: Int64) { self.milliseconds = min(max(milliseconds, Self.writable.lowerBound), Self.writable.upperBound) }

    package static func < (a: Self, b: Self) -> Bool { a.milliseconds < b.milliseconds }

    package func advanced(by milliseconds: Int64) -> UTCTime {
        let (sum, overflow) = self.milliseconds.addingReportingOverflow(milliseconds)
        return UTCTime(milliseconds: overflow ? (milliseconds < 0 ? .min : .max) : sum)
    }

    /// The calendar fields in UTC (proleptic Gregorian).
    package var fields: CalendarFields { CalendarFields(self) }

    /// RFC 3339 with milliseconds: `2026-11-23T09:14:01.210Z`.
    package var description: String {
        let f = fields
        return "\(pad(f.year, 4))-\(pad(f.month))-\(pad(f.day))T\(pad(f.hour)):\(pad(f.minute)):\(pad(f.second)).\(pad(f.millisecond, 3))Z"
    }

    /// Reads RFC 3339 with `Z` or a numeric offset; a fraction of any length is cut to milliseconds.
    package init?(_ text: some StringProtocol) {
        var rest = Substring(text)
        func number(_ digits: Int, then separator: Character? = nil) -> Int? {
            let part = rest.prefix(digits)
            guard part.utf8.count == digits, part.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let value = Int(part) else { return nil }
            rest = rest.dropFirst(digits)
            if let separator {
                guard let first = rest.first, first == separator || (separator == "T" && (first == "t" || first == " ")) else { return nil }
                rest = rest.dropFirst()
            }
            return value
        }
        guard let year = number(4, then: "-"), let month = number(2, then: "-"), let day = number(2, then: "T"),
            let hour = number(2, then: ":"), let minute = number(2, then: ":"), let second = number(2)
        else { return nil }
        var millisecond = 0
        if rest.first == "." {
            let fraction = rest.dropFirst().prefix { ("0"..."9").contains($0) }
            guard !fraction.isEmpty, let value = Int((fraction + "00").prefix(3)) else { return nil }
            millisecond = value
            rest = rest.dropFirst(1 + fraction.count)
        }
        var offset = 0
        switch rest.first {
        case "Z", "z": rest = rest.dropFirst()
        case let sign? where sign == "+" || sign == "-":
            rest = rest.dropFirst()
            guard let hours = number(2, then: ":"), let minutes = number(2), hours < 24, minutes < 60 else { return nil }
            offset = (hours * 60 + minutes) * (sign == "+" ? 1 : -1)
        default: return nil
        }
        guard rest.isEmpty, (1...12).contains(month), day >= 1, day <= CalendarFields.days(in: month, of: year), hour < 24, minute < 60, second < 60
        else { return nil }
        let days = CalendarFields.daysSinceEpoch(year: year, month: month, day: day)
        let seconds = ((days * 24 + hour) * 60 + minute - offset) * 60 + second
        self.init(milliseconds: Int64(seconds) * 1000 + Int64(millisecond))
    }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        guard let value = Self(try container.decode(String.self)) else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "A time is RFC 3339, as 2026-11-23T09:14:01.210Z.")
        }
        self = value
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}

/// A time of the Gregorian calendar in UTC.
package struct CalendarFields: Sendable, Equatable {
    package let year: Int
    package let month: Int
    package let day: Int
    package let hour: Int
    package let minute: Int
    package let second: Int
    package let millisecond: Int

    /// Days to date by Howard Hinnant's algorithm (civil_from_days).
    init(_ time: UTCTime) {
        let milliseconds = Int(time.milliseconds)
        let days = milliseconds.dividedFlooring(by: 86_400_000)
        let within = milliseconds - days * 86_400_000
        let shifted = days + 719_468
        let era = shifted.dividedFlooring(by: 146_097)
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        day = dayOfYear - (153 * shiftedMonth + 2) / 5 + 1
        month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
        hour = within / 3_600_000
        minute = within / 60_000 % 60
        second = within / 1000 % 60
        millisecond = within % 1000
    }

    /// Date to days (days_from_civil).
    static func daysSinceEpoch(year: Int, month: Int, day: Int) -> Int {
        let shiftedYear = month <= 2 ? year - 1 : year
        let era = shiftedYear.dividedFlooring(by: 400)
        let yearOfEra = shiftedYear - era * 400
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    }

    static func days(in month: Int, of year: Int) -> Int {
        let isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
        return [31, isLeap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month - 1]
    }
}

extension Int {
    fileprivate func dividedFlooring(by divisor: Int) -> Int { (self >= 0 ? self : self - (divisor - 1)) / divisor }
}

/// A number with leading zeros.
package func pad(_ number: Int, _ width: Int = 2) -> String {
    let digits = String(number.magnitude)
    return (number < 0 ? "-" : "") + String(repeating: "0", count: max(0, width - digits.count)) + digits
}

/// The gateway's own clock. `isSynchronised` decides whether a card may be set by it.
package struct WallClock: Sendable {
    package let now: @Sendable () -> UTCTime
    /// Whether the machine's clock is kept by NTP, or its owner vouches for it.
    package let isSynchronised: @Sendable () async -> Bool

    package init(now: @escaping @Sendable () -> UTCTime, isSynchronised: @escaping @Sendable () async -> Bool) {
        self.now = now
        self.isSynchronised = isSynchronised
    }
}
