/// Sizes as a person writes them: `2 GiB`, `512 MiB`, `1.5 GB`, `4096`.
package enum ByteSize {
    private static let units: [(name: String, bytes: UInt64)] = [
        ("TiB", 1 << 40), ("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10), ("TB", 1_000_000_000_000), ("GB", 1_000_000_000), ("MB", 1_000_000),
        ("kB", 1_000), ("KB", 1_000), ("B", 1),
    ]

    /// Nil when it is no size or more than 2^63 - 1 bytes. At most three decimals.
    package static func parse(_ text: some StringProtocol) -> UInt64? {
        let trimmed = text.drop { $0 == " " }
        let number = trimmed.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
        let unit = trimmed[number.endIndex...].drop { $0 == " " }
        guard let factor = unit.isEmpty ? 1 : units.first(where: { $0.name == unit })?.bytes else { return nil }
        let parts = String(number).split(separator: ".", omittingEmptySubsequences: false)
        guard (1...2).contains(parts.count), let whole = UInt64(parts[0]) else { return nil }
        let (bytes, overflow) = whole.multipliedReportingOverflow(by: factor)
        guard !overflow, bytes <= UInt64(Int64.max) else { return nil }
        guard parts.count == 2 else { return bytes }
        guard (1...3).contains(parts[1].utf8.count), let thousandths = UInt64((parts[1] + "00").prefix(3)) else { return nil }
        let sum = bytes + factor / 1000 * thousandths + factor % 1000 * thousandths / 1000
        return sum <= UInt64(Int64.max) ? sum : nil
    }

    /// `1.39 MiB`, `596 KiB`, `12 B`: three figures.
    package static func text(_ bytes: UInt64) -> String {
        for (name, size) in units.prefix(4) where bytes >= size {
            let hundredths = bytes / size * 100 + bytes % size * 100 / size
            let (whole, rest) = (hundredths / 100, hundredths % 100)
            if whole >= 100 { return "\(whole) \(name)" }
            if whole >= 10 { return "\(whole).\(rest / 10) \(name)" }
            return "\(whole)." + (rest < 10 ? "0" : "") + "\(rest) \(name)"
        }
        return "\(bytes) B"
    }
}
