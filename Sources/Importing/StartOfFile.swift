internal import Bytes
internal import Daemon
internal import EventLoop
package import Recordings

/// When the recording in a file began, and what that is known from: what stands in the file, else in its name, else when it was last written.
///
/// A time without a zone is one of this process's zone.
package struct StartOfFile: Sendable, Hashable {
    package let time: UTCTime
    package let source: StartSource

    package init(_ time: UTCTime, _ source: StartSource) {
        self.time = time
        self.source = source
    }

    /// Calls the disk: the time may stand anywhere in the file. What cannot be read tells nothing.
    package init(_ file: SoundFile) {
        let read = { (offset: Int, count: Int) -> [UInt8] in (try? file.read(at: offset, atMost: count)) ?? [] }
        let said = Self.said(in: file.kind, head: file.head, size: Int(clamping: file.status.size), read)
        if let said, said.milliseconds > 0 {
            self.init(said, .file)
        } else if let named = Self.inName(file.name) {
            self.init(named, .name)
        } else {
            self.init(UTCTime(milliseconds: file.status.modified / 1_000_000), .modified)
        }
    }

    /// What the file itself says.
    ///
    /// - Parameters:
    ///   - head: its first bytes.
    ///   - read: bytes at an offset of the file, fewer at its end.
    package static func said(in kind: AudioHead, head: [UInt8], size: Int, _ read: (_ offset: Int, _ count: Int) -> [UInt8]) -> UTCTime? {
        switch kind {
        case .audio(.opus): ofOpus(head)
        case .audio(.wav): ofWave(head)
        case .audio(.mp3): TagTime.of(read)
        case .audio(.m4a): MovieTime.of(size: size, read)
        default: nil
        }
    }

    /// The comments that a card writes, and those that others do (RFC 7845, 5.2), where they stand in the first bytes.
    private static func ofOpus(_ head: [UInt8]) -> UTCTime? {
        guard head.count > 27 else { return nil }
        // The second page begins behind the head's, which is alone on its own.
        let first = 27 + Int(head[26])
        guard head.count >= first else { return nil }
        let second = first + head[27..<first].reduce(0) { $0 + Int($1) }
        guard head.count > second + 27, head[second...].starts(with: "OggS".utf8) else { return nil }
        let packet = second + 27 + Int(head[second + 26])
        guard head.count > packet, head[packet...].starts(with: "OpusTags".utf8) else { return nil }
        var reader = ByteReader(head[(packet + 8)...])
        var values: [String: String] = [:]
        do {
            _ = try reader.take(Int(try reader.u32("vendor length")), "vendor")
            for _ in 0..<min(64, try reader.u32("comments")) {
                let comment = String(decoding: try reader.take(Int(try reader.u32("comment length")), "comment"), as: UTF8.self)
                let parts = comment.split(separator: "=", maxSplits: 1)
                if parts.count == 2 { values[parts[0].uppercased()] = String(parts[1]) }
            }
        } catch { /* What came before the end of the head counts. */  }
        for name in ["EARSHOT_STARTED", "CREATION_TIME", "DATE"] {
            if let value = values[name], let time = UTCTime(value) ?? inName(value) { return time }
        }
        return nil
    }

    /// `bext` of a Broadcast Wave file (EBU Tech 3285, 2.3): date and time of its clock.
    private static func ofWave(_ head: [UInt8]) -> UTCTime? {
        var reader = ByteReader(head)
        do {
            _ = try reader.take(12, "RIFF")
            while true {
                let name = try reader.take(4, "chunk")
                let size = Int(try reader.u32("size"))
                guard name.elementsEqual("bext".utf8) else {
                    guard !name.elementsEqual("data".utf8) else { return nil }
                    _ = try reader.take(size + size % 2, "chunk")
                    continue
                }
                _ = try reader.take(256 + 32 + 32, "description, originator, reference")
                let date = String(decoding: try reader.take(10, "date"), as: UTF8.self)
                let time = String(decoding: try reader.take(8, "time"), as: UTF8.self)
                return inName(date + "_" + time)
            }
        } catch { return nil }
    }

    /// A date and a time of day as recorders and phones write them into names: `2026-11-23 09.14.01`, `20261123_091401`, `2026-11-23T09-14Z`.
    package static func inName(_ name: String) -> UTCTime? {
        let bytes = Array(name.utf8)
        for start in bytes.indices where start == 0 || !isDigit(bytes[start - 1]) {
            if let time = moment(bytes[start...]) { return time }
        }
        return nil
    }

    private static func moment(_ bytes: ArraySlice<UInt8>) -> UTCTime? {
        var rest = bytes
        func number(_ digits: Int) -> Int? {
            guard rest.count >= digits, rest.prefix(digits).allSatisfy(isDigit) else { return nil }
            defer { rest = rest.dropFirst(digits) }
            return rest.prefix(digits).reduce(0) { $0 * 10 + Int($1 - 0x30) }
        }
        func separator(_ known: String) { if let first = rest.first, known.utf8.contains(first) { rest = rest.dropFirst() } }
        guard let year = number(4), (1990...2100).contains(year) else { return nil }
        separator("-._:")
        guard let month = number(2) else { return nil }
        separator("-._:")
        guard let day = number(2), day <= 31 else { return nil }
        let before = rest.count
        separator("T_- ")
        guard before > rest.count || rest.first.map(isDigit) == true, let hour = number(2) else { return nil }
        separator("-.:_h")
        guard let minute = number(2) else { return nil }
        separator("-.:_m")
        let second = number(2) ?? 0
        guard rest.first.map({ !isDigit($0) }) ?? true, second < 60 else { return nil }
        if rest.first == 0x5A {
            return UTCTime("\(pad(year, 4))-\(pad(month))-\(pad(day))T\(pad(hour)):\(pad(minute)):\(pad(second))Z")
        }
        // The calendar's own bounds: mktime would make a day of March of a 31st of February.
        guard UTCTime("\(pad(year, 4))-\(pad(month))-\(pad(day))T\(pad(hour)):\(pad(minute)):\(pad(second))Z") != nil,
            let start = LocalTime.milliseconds(year: year, month: month, day: day, hour: hour, minute: minute)
        else { return nil }
        return UTCTime(milliseconds: start + Int64(second) * 1000)
    }

    private static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }
}
