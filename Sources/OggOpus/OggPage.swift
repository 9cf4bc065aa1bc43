internal import COgg

/// One page of an Ogg stream (RFC 3533, 6), its checksum already right.
package struct OggPage: Hashable, Sendable {
    /// Bytes of a page before its segment table.
    static let fixedHeaderBytes = 27

    /// The first packet goes on from the page before.
    package var isContinued = false
    /// The first page of its logical stream.
    package var isFirst = false
    /// The last page of its logical stream.
    package var isLast = false
    /// The position at the end of the last packet that ends on this page; nil when none does.
    package var granule: Int64?
    package var serial: UInt32
    package var sequence: UInt32
    /// The lacing values: at most 255.
    package var segments: [UInt8] = []
    /// As many bytes as the lacing values add up to.
    package var body: [UInt8] = []

    package init(serial: UInt32, sequence: UInt32) {
        self.serial = serial
        self.sequence = sequence
    }

    /// Bytes of the whole page.
    package var byteCount: Int { Self.fixedHeaderBytes + segments.count + body.count }

    /// Adds a whole packet. Its lacing values must fit: 255 at most on a page.
    mutating func add(packet: [UInt8]) {
        segments += [UInt8](repeating: 255, count: packet.count / 255) + [UInt8(packet.count % 255)]
        body += packet
    }

    /// The page as it stands in a file, with its checksum.
    package var bytes: [UInt8] {
        var header: [UInt8] = Array("OggS".utf8) + [0, (isContinued ? 1 : 0) | (isFirst ? 2 : 0) | (isLast ? 4 : 0)]
        header.append(littleEndian: UInt64(bitPattern: granule ?? -1))
        header.append(littleEndian: serial)
        header.append(littleEndian: sequence)
        header += [0, 0, 0, 0, UInt8(truncatingIfNeeded: segments.count)] + segments
        var body = body
        unsafe header.withUnsafeMutableBufferPointer { header in
            unsafe body.withUnsafeMutableBufferPointer { body in
                var page = unsafe ogg_page(header: header.baseAddress, header_len: header.count, body: body.baseAddress, body_len: body.count)
                unsafe ogg_page_checksum_set(&page)
            }
        }
        return header + body
    }

    /// Reads a page whose capture pattern and checksum libogg has verified; nil when its version is not 0.
    init?(header: [UInt8], body: [UInt8]) {
        guard header.count >= Self.fixedHeaderBytes, header[4] == 0 else { return nil }
        isContinued = header[5] & 1 != 0
        isFirst = header[5] & 2 != 0
        isLast = header[5] & 4 != 0
        let position = Int64(bitPattern: header.littleEndian(at: 6, UInt64.self))
        granule = (0...Self.largestGranule).contains(position) ? position : nil
        serial = header.littleEndian(at: 14, UInt32.self)
        sequence = header.littleEndian(at: 18, UInt32.self)
        segments = Array(header[Self.fixedHeaderBytes...])
        self.body = body
    }

    /// 186 years at 48 kHz: a position beyond it is nonsense, and sums of positions below it do not overflow.
    static let largestGranule: Int64 = 1 << 48
}

extension [UInt8] {
    mutating func append(littleEndian value: some FixedWidthInteger) {
        for shift in stride(from: 0, to: value.bitWidth, by: 8) { append(UInt8(truncatingIfNeeded: value >> shift)) }
    }

    /// The integer at `position`, which must lie within.
    func littleEndian<Value: FixedWidthInteger>(at position: Int, _: Value.Type) -> Value {
        self[position..<position + Value.bitWidth / 8].reversed().reduce(0) { $0 << 8 | Value(truncatingIfNeeded: $1) }
    }
}
