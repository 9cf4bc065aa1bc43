/// RFC 3339 dates and times, as TOML has them.
struct TOMLMoment {
    private let text: [UInt8]

    init(_ text: ArraySlice<UInt8>) { self.text = Array(text) }

    /// Nil when it is none.
    var kind: TOMLValue.Moment.Kind? {
        if timeEnd(from: 0) == text.count { return .localTime }
        guard isDate else { return nil }
        if text.count == 10 { return .localDate }
        guard [0x54, 0x74, 0x20].contains(text[10]), let end = timeEnd(from: 11) else { return nil }
        if end == text.count { return .localDateTime }
        if end + 1 == text.count, text[end] == 0x5A || text[end] == 0x7A { return .offsetDateTime }
        guard end + 6 == text.count, text[end] == 0x2B || text[end] == 0x2D, text[end + 3] == 0x3A, let hours = pair(end + 1),
            let minutes = pair(end + 4),
            hours < 24, minutes < 60
        else { return nil }
        return .offsetDateTime
    }

    private var isDate: Bool {
        guard text.count >= 10, let century = pair(0), let decade = pair(2), text[4] == 0x2D, let month = pair(5), text[7] == 0x2D, let day = pair(8)
        else { return false }
        let year = century * 100 + decade
        let isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
        let lengths = [31, isLeap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
        return year > 0 && (1...12).contains(month) && (1...lengths[month - 1]).contains(day)
    }

    /// Behind `09:14:01.25`; nil when no time is there.
    private func timeEnd(from start: Int) -> Int? {
        guard let hour = pair(start), at(start + 2) == 0x3A, let minute = pair(start + 3), at(start + 5) == 0x3A, let second = pair(start + 6),
            hour < 24, minute < 60, second < 60
        else { return nil }
        guard at(start + 8) == 0x2E else { return start + 8 }
        let digits = text[(start + 9)...].prefix { (0x30...0x39).contains($0) }.count
        return digits > 0 ? start + 9 + digits : nil
    }

    private func at(_ place: Int) -> UInt8? { text.indices.contains(place) ? text[place] : nil }

    private func pair(_ place: Int) -> Int? {
        guard let tens = at(place), let ones = at(place + 1), (0x30...0x39).contains(tens), (0x30...0x39).contains(ones) else { return nil }
        return Int(tens - 0x30) * 10 + Int(ones - 0x30)
    }
}
