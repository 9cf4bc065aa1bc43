/// Joins the segments of pages to packets (RFC 3533, 6) and drops what is torn.
struct PacketAssembler {
    /// The largest packet that is kept: RFC 7845, 6 calls audio packets above 61,440 bytes invalid; tags are cut here, too.
    static let largestPacket = 1 << 17

    struct Result {
        /// Packets that end on this page; nil for one of which a part was dropped.
        var packets: [[UInt8]?] = []
        /// A packet begun on an earlier page was given up.
        var droppedPartial = false
    }

    /// The packet that goes on on the next page.
    private var partial: [UInt8]?
    private var isTooLarge = false

    /// - Parameter isDisconnected: pages before this one are missing.
    mutating func add(_ page: OggPage, isDisconnected: Bool) -> Result {
        var result = Result()
        if isDisconnected || !page.isContinued { result.droppedPartial = drop() }
        var position = 0
        var current = partial ?? []
        // The rest of a packet whose beginning is lost.
        var isHeadless = page.isContinued && partial == nil
        partial = nil
        for segment in page.segments {
            let end = min(position + Int(segment), page.body.count)
            if current.count + (end - position) <= Self.largestPacket { current += page.body[position..<end] } else { isTooLarge = true }
            position = end
            guard segment < 255 else { continue }
            result.packets.append(isHeadless || isTooLarge ? nil : current)
            current = []
            isHeadless = false
            isTooLarge = false
        }
        if page.segments.last == 255, !isHeadless { partial = current }
        return result
    }

    /// Gives up the packet begun; whether there was one.
    mutating func drop() -> Bool {
        defer {
            partial = nil
            isTooLarge = false
        }
        return partial != nil
    }
}
