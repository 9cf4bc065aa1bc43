/// Reads the bytes of a file from front to back. What lies behind the last byte reads as nil, so nothing here can run over the end.
struct TOMLCursor {
    let bytes: [UInt8]
    private(set) var offset = 0

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    var next: UInt8? { peek(0) }
    var isAtEnd: Bool { offset >= bytes.count }

    func peek(_ distance: Int) -> UInt8? {
        let (place, overflow) = offset.addingReportingOverflow(distance)
        return !overflow && bytes.indices.contains(place) ? bytes[place] : nil
    }

    mutating func skip(_ count: Int = 1) { offset = min(bytes.count, offset + count) }

    /// Whether the given bytes were next; then they are passed over.
    mutating func take(_ wanted: [UInt8]) -> Bool {
        guard bytes[offset...].starts(with: wanted) else { return false }
        offset += wanted.count
        return true
    }

    /// The bytes that fulfil the condition, up to the first that does not.
    mutating func take(while fits: (UInt8) -> Bool) -> ArraySlice<UInt8> {
        let taken = bytes[offset...].prefix(while: fits)
        offset = taken.endIndex
        return taken
    }

    mutating func skipBlanks() { _ = take { $0 == 0x20 || $0 == 0x09 } }

    /// Passes over a line's end; false when something else is next. A carriage return alone ends no line.
    mutating func takeLineEnd() -> Bool { take(Self.lineFeed) || take(Self.carriageReturnLineFeed) }

    private static let lineFeed: [UInt8] = [0x0A]
    private static let carriageReturnLineFeed: [UInt8] = [0x0D, 0x0A]

    func error(_ reason: String, at place: Int? = nil) -> TOMLError { TOMLError(offset: min(place ?? offset, bytes.count), reason: reason) }
}
