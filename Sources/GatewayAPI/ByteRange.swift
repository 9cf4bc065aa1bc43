/// `Range` of one file (RFC 9110, 14). A header of several ranges, of another unit or with an error in its form is passed over, as
/// the RFC allows: the answer is then the whole file.
package enum ByteRange: Hashable, Sendable {
    case whole
    /// The first byte, and the first behind the last; never empty.
    case part(Range<UInt64>)
    /// Nothing of it is in the file.
    case unsatisfiable

    /// - Parameters:
    ///   - field: nil where the request has none.
    ///   - size: of the file.
    package init(_ field: String?, size: UInt64) {
        self = .whole
        guard let field, field.lowercased().hasPrefix("bytes=") else { return }
        let spec = field.dropFirst(6).filter { $0 != " " }
        let ends = spec.split(separator: "-", omittingEmptySubsequences: false)
        guard ends.count == 2, !spec.contains(","), spec.utf8.allSatisfy({ (0x30...0x39).contains($0) || $0 == 0x2D }) else { return }
        if ends[0].isEmpty {
            guard let length = Self.number(ends[1]) else { return }
            self = length == 0 || size == 0 ? .unsatisfiable : .part(size - min(length, size)..<size)
            return
        }
        guard let first = Self.number(ends[0]) else { return }
        var end = size
        if !ends[1].isEmpty {
            guard let last = Self.number(ends[1]), last >= first else { return }
            end = min(last == .max ? .max : last + 1, size)
        }
        self = first < size ? .part(first..<end) : .unsatisfiable
    }

    /// Nil when there are no digits; more than 64 bits count as the largest.
    private static func number(_ digits: some StringProtocol) -> UInt64? {
        digits.isEmpty ? nil : UInt64(digits) ?? .max
    }
}
