internal import Recordings

/// When an MP4 file says that it was made: `creation_time` of its movie header (ISO/IEC 14496-12, 8.2.2), wherever in the file that stands.
enum MovieTime {
    /// Of one file or box; files have a handful.
    private static let mostBoxes = 256
    /// Seconds from 1904, MP4's beginning, to 1970.
    private static let epoch: Int64 = 2_082_844_800

    /// - Parameters:
    ///   - size: of the file.
    ///   - read: bytes at an offset, fewer at the end of the file.
    /// - Returns: nil when nobody wrote a time, or it is no such file.
    static func of(size: Int, _ read: (_ offset: Int, _ count: Int) -> [UInt8]) -> UTCTime? {
        guard let movie = find("moov", in: 0..<size, read), let header = find("mvhd", in: movie, read) else { return nil }
        let fields = read(header.lowerBound, min(12, header.count))
        guard let version = fields.first, fields.count == 12 else { return nil }
        let seconds = version == 1 ? number(fields[4..<12]) : number(fields[4..<8])
        // Zero is what programs write that do not know; what is before 1970 or in 10,000 years nobody meant.
        guard seconds > epoch, seconds < epoch + 253_402_300_800 else { return nil }
        return UTCTime(milliseconds: (seconds - epoch) * 1000)
    }

    /// The content of the first box of this type: boxes stand one behind the other, each with its size before its type.
    private static func find(_ type: String, in range: Range<Int>, _ read: (Int, Int) -> [UInt8]) -> Range<Int>? {
        var offset = range.lowerBound
        for _ in 0..<mostBoxes {
            let head = read(offset, min(16, range.upperBound - offset))
            guard head.count >= 8 else { return nil }
            var (start, size) = (8, number(head[0..<4]))
            // 1: the size follows in 64 bits; 0: to the end.
            if size == 1 {
                guard head.count == 16 else { return nil }
                (start, size) = (16, number(head[8..<16]))
            } else if size == 0 {
                size = Int64(range.upperBound - offset)
            }
            guard size >= start, size <= range.upperBound - offset else { return nil }
            let end = offset + Int(size)
            if head[4..<8].elementsEqual(type.utf8) { return offset + start..<end }
            offset = end
        }
        return nil
    }

    /// Big-endian; below zero for what has its upmost bit set, which is the size or time of nothing.
    private static func number(_ bytes: ArraySlice<UInt8>) -> Int64 {
        Int64(bitPattern: bytes.reduce(0) { $0 << 8 | UInt64($1) })
    }
}
