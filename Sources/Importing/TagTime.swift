internal import Recordings

/// When an MP3 file says that it was recorded: the ID3v2 tag at its beginning.
///
/// 2.4 has one time in UTC (`TDRC`, id3v2.4.0-structure 4), 2.3 and 2.2 have year, day and time of the clock on the wall (`TYER` `TDAT` `TIME`).
enum TagTime {
    private static let mostFrames = 256

    /// - Parameter read: bytes at an offset of the file, fewer at its end.
    /// - Returns: nil when there is no tag or not the time of day in it.
    static func of(_ read: (_ offset: Int, _ count: Int) -> [UInt8]) -> UTCTime? {
        let head = read(0, 10)
        guard head.count == 10, head.starts(with: "ID3".utf8), (2...4).contains(head[3]) else { return nil }
        let (version, flags) = (head[3], head[5])
        // Undoing it would move every offset; nobody has needed it since players know tags. (In 2.4 each frame says so itself.)
        if version < 4, flags & 0x80 != 0 { return nil }
        let end = 10 + synchsafe(head[6..<10])
        var offset = 10
        if version > 2, flags & 0x40 != 0 {
            let size = read(offset, 4)
            guard size.count == 4 else { return nil }
            offset += version == 4 ? synchsafe(size[0..<4]) : 4 + plain(size[0..<4])
        }
        var texts: [String: String] = [:]
        let (name, length, header) = version == 2 ? (3, 3, 6) : (4, 4, 10)
        for _ in 0..<mostFrames {
            guard offset + header <= end else { break }
            let frame = read(offset, header)
            guard frame.count == header, frame[0] != 0 else { break }
            let field = frame[name..<name + length]
            let size = version == 4 ? synchsafe(field) : plain(field)
            guard size <= end - offset - header else { break }
            let id = String(decoding: frame[..<name], as: UTF8.self)
            // Compressed, encrypted, grouped: not a short text.
            let isPlain = version == 2 || frame[9] & (version == 4 ? 0x4F : 0xE0) == 0
            if wanted.contains(id), size <= 128, isPlain {
                let bytes = read(offset + header, size)
                guard bytes.count == size else { break }
                texts[id] = text(bytes)
            }
            offset += header + size
        }
        return time(texts)
    }

    private static let wanted: Set = ["TDRC", "TYER", "TDAT", "TIME", "TYE", "TDA", "TIM"]

    private static func time(_ texts: [String: String]) -> UTCTime? {
        if let text = texts["TDRC"] {
            // 2026-11-23T09:14:01, in UTC; without a time of day it is no start.
            return StartOfFile.inName(text.hasSuffix("Z") ? text : text + "Z")
        }
        // 2026, 2311 (day and month), 0914.
        guard let year = texts["TYER"] ?? texts["TYE"], let day = texts["TDAT"] ?? texts["TDA"], let time = texts["TIME"] ?? texts["TIM"],
            year.utf8.count == 4, day.utf8.count == 4, time.utf8.count == 4
        else { return nil }
        return StartOfFile.inName("\(year)-\(day.suffix(2))-\(day.prefix(2)) \(time.prefix(2)):\(time.suffix(2))")
    }

    /// A time's digits and signs, in whichever of the four encodings they stand.
    private static func text(_ bytes: [UInt8]) -> String {
        let ascii = bytes.dropFirst().filter { (0x20...0x7E).contains($0) }
        return String(decoding: ascii, as: UTF8.self)
    }

    /// Seven bits of each byte.
    private static func synchsafe(_ bytes: ArraySlice<UInt8>) -> Int { bytes.reduce(0) { $0 << 7 | Int($1 & 0x7F) } }
    private static func plain(_ bytes: ArraySlice<UInt8>) -> Int { bytes.reduce(0) { $0 << 8 | Int($1) } }
}
