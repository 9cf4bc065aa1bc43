/// Writes an Ogg Opus stream that only grows at its end, page by page (Recorder Card Profile, Recording object): every page holds whole
/// packets, at most 1 s and 4 KiB.
///
/// First `headers`, then what `append` returns, at last what `finish` returns; nothing returned ever changes. When the writer ends without
/// `finish`, the stream is valid but for the end-of-stream mark.
package struct OpusStreamWriter: ~Copyable {
    package static let largestPage = 4096
    /// Samples at 48 kHz.
    package static let longestPage = 48_000

    private let head: OpusHead
    private let tags: OpusTags
    private let serial: UInt32
    private var sequence: UInt32 = 2
    private var page: OggPage
    private var pageSamples = 0
    /// Where the page being filled ends, pre-skip included.
    private var granule: Int64 = 0

    /// - Parameter serial: of the logical stream: any number, best a random one.
    package init(head: OpusHead, tags: OpusTags, serial: UInt32) {
        self.head = head
        self.tags = tags
        self.serial = serial
        page = OggPage(serial: serial, sequence: sequence)
    }

    /// The two header pages.
    package func headers() throws(OggOpusError) -> [UInt8] {
        var first = OggPage(serial: serial, sequence: 0)
        first.isFirst = true
        first.granule = 0
        first.add(packet: head.packet)
        var second = OggPage(serial: serial, sequence: 1)
        second.granule = 0
        let packet = tags.packet
        guard Self.fits(packet.count, on: second) else {
            throw OggOpusError(.cannotWrite, "The tags have \(packet.count) bytes; they must fit in a page of \(Self.largestPage).")
        }
        second.add(packet: packet)
        return first.bytes + second.bytes
    }

    /// - Returns: the page that became complete, or nothing. A packet is held back until the next one shows that it is not the last.
    package mutating func append(_ packet: [UInt8]) throws(OggOpusError) -> [UInt8] {
        guard let samples = PacketDuration.samples(of: packet), samples <= Self.longestPage else {
            throw OggOpusError(.cannotWrite, "A packet of \(packet.count) bytes is not an Opus packet (RFC 6716, 3.4).")
        }
        guard Self.fits(packet.count, on: OggPage(serial: serial, sequence: 0)) else {
            throw OggOpusError(.cannotWrite, "A packet of \(packet.count) bytes does not fit in a page of \(Self.largestPage).")
        }
        var complete: [UInt8] = []
        if !page.segments.isEmpty, pageSamples + samples > Self.longestPage || !Self.fits(packet.count, on: page) {
            complete = page.bytes
            sequence &+= 1
            page = OggPage(serial: serial, sequence: sequence)
            pageSamples = 0
        }
        page.add(packet: packet)
        pageSamples += samples
        granule += Int64(samples)
        page.granule = granule
        return complete
    }

    /// The last page, with the end-of-stream mark.
    ///
    /// - Parameter samples: how much is to be played, at 48 kHz, when the last packet holds more than was recorded.
    package consuming func finish(playing samples: Int64? = nil) -> [UInt8] {
        page.isLast = true
        page.granule = samples.map { min(granule, max(granule - Int64(pageSamples), $0 + Int64(head.preSkip))) } ?? granule
        return page.bytes
    }

    private static func fits(_ count: Int, on page: OggPage) -> Bool {
        let segments = count / 255 + 1
        return page.segments.count + segments <= 255 && page.byteCount + segments + count <= largestPage
    }
}
