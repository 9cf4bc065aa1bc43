import OggOpus

/// Ogg pages, looked at without the product's code.
enum OggPages {
    struct Reading: Equatable {
        var items: [OpusStreamItem] = []
        var duration: Int64 = 0
        var hasEnd = false
        var failure: OggOpusError?
    }

    static func read(_ stream: [UInt8], piece: Int) -> Reading {
        var reader = OpusStreamReader()
        var reading = Reading()
        do throws(OggOpusError) {
            for start in stride(from: 0, to: stream.count, by: piece) {
                try reader.append(Array(stream[start..<min(start + piece, stream.count)]))
                while let item = try reader.next() { reading.items.append(item) }
            }
            reader.finish()
            while let item = try reader.next() { reading.items.append(item) }
        } catch {
            reading.failure = error
        }
        reading.duration = reader.duration
        reading.hasEnd = reader.hasEnd
        return reading
    }

    /// Puts the right checksum into whatever looks like a page and is whole: by chance no input has one.
    static func withRightChecksums(_ stream: [UInt8]) -> [UInt8] {
        var stream = stream
        var position = 0
        while position + 27 <= stream.count {
            guard let end = end(of: stream, at: position) else {
                position += 1
                continue
            }
            stream.replaceSubrange(position + 22..<position + 26, with: [0, 0, 0, 0])
            let sum = PlainChecksum.ogg(stream[position..<end])
            for index in 0..<4 { stream[position + 22 + index] = UInt8(truncatingIfNeeded: sum >> UInt32(8 * index)) }
            position = end
        }
        return stream
    }

    private static func end(of stream: [UInt8], at position: Int) -> Int? {
        guard stream[position..<position + 4].elementsEqual("OggS".utf8) else { return nil }
        let table = position + 27 + Int(stream[position + 26])
        guard table <= stream.count else { return nil }
        let end = table + stream[position + 27..<table].reduce(0) { $0 + Int($1) }
        return end <= stream.count ? end : nil
    }

    static func checksumIsRight(_ page: ArraySlice<UInt8>) -> Bool {
        var copy = Array(page)
        let said = copy[22..<26].reversed().reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
        copy.replaceSubrange(22..<26, with: [0, 0, 0, 0])
        return PlainChecksum.ogg(copy) == said
    }

    /// No reserved flags, and a granule position that is kept: then nothing of it is ignored.
    static func isPlain(_ page: ArraySlice<UInt8>) -> Bool {
        let start = page.startIndex
        let granule = page[start + 6..<start + 14].reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        return page[start + 5] & 0xF8 == 0 && (granule <= 1 << 48 || granule == .max)
    }
}
