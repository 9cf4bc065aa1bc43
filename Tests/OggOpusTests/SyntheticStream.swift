import OggOpus
import Testing

/// Streams whose packets are numbers behind a valid first byte, so that a test sees which of them came.
enum SyntheticStream {
    static let preSkip = 312

    /// SILK wideband, 20 ms, mono (RFC 6716, table 2: configuration 9), and its number.
    static func packet(_ number: Int, size: Int = 80) -> [UInt8] {
        [0x48, UInt8(number >> 8), UInt8(number & 0xFF)] + [UInt8](repeating: 0xA5, count: size - 3)
    }

    static func number(of packet: OpusPacket) -> Int { Int(packet.bytes[1]) << 8 | Int(packet.bytes[2]) }

    /// The pages of a stream of `count` packets of 20 ms; the first two are the headers.
    static func pages(_ count: Int, playing: Int64? = nil) throws -> [[UInt8]] {
        let tags = RecorderTags(serial: "A1-0007", generation: 0x5b0c_91aa, number: 214, started: nil).tags(vendor: "test")
        var writer = OpusStreamWriter(head: OpusHead(channels: 1, preSkip: preSkip, inputRate: 16_000), tags: tags, serial: 7)
        let headers = try writer.headers()
        let split = try #require(headers.dropFirst().firstRange(of: Array("OggS".utf8))?.lowerBound)
        var pages = [Array(headers[..<split]), Array(headers[split...])]
        for number in 0..<count {
            let page = try writer.append(packet(number))
            if !page.isEmpty { pages.append(page) }
        }
        pages.append(writer.finish(playing: playing))
        return pages
    }

    /// All items of a stream given in pieces of `size` bytes.
    static func read(_ bytes: [UInt8], pieces size: Int = 65_536) throws -> Reading {
        var reader = OpusStreamReader()
        var items: [OpusStreamItem] = []
        for start in stride(from: 0, to: bytes.count, by: size) {
            try reader.append(Array(bytes[start..<min(start + size, bytes.count)]))
            while let item = try reader.next() { items.append(item) }
        }
        reader.finish()
        while let item = try reader.next() { items.append(item) }
        return Reading(items: items, duration: reader.duration, hasEnd: reader.hasEnd)
    }
}

struct Reading: Equatable {
    let items: [OpusStreamItem]
    let duration: Int64
    let hasEnd: Bool

    var packets: [OpusPacket] { items.compactMap { if case .packet(let packet) = $0 { packet } else { nil } } }
    var gaps: [OpusGap] { items.compactMap { if case .gap(let gap) = $0 { gap } else { nil } } }
    var head: OpusHead? { items.compactMap { if case .head(let head) = $0 { head } else { nil } }.first }
    var tags: OpusTags? { items.compactMap { if case .tags(let tags) = $0 { tags } else { nil } }.first }
    var numbers: [Int] { packets.map(SyntheticStream.number) }
}
