/// What a file is by its first bytes; names prove nothing.
package enum AudioHead: Sendable, Hashable {
    case audio(AudioFormat)
    /// Something else: what it looks like, for a person.
    case other(String)

    /// So many first bytes tell what can be told.
    package static let length = 4096

    /// - Parameter bytes: the first `length` of the file, or all of a shorter one.
    package init(_ bytes: some Collection<UInt8>) {
        let bytes = Array(bytes.prefix(Self.length))
        func has(_ text: String, at offset: Int = 0) -> Bool { bytes.dropFirst(offset).starts(with: text.utf8) }
        if bytes.isEmpty {
            self = .other("an empty file")
        } else if has("OggS") {
            self = Self.ogg(bytes)
        } else if has("RIFF") || has("RF64") || has("BW64") {
            self = has("WAVE", at: 8) ? .audio(.wav) : .other("a RIFF file without sound waves")
        } else if has("fLaC") {
            self = .audio(.flac)
        } else if has("ftyp", at: 4) {
            self = Self.isoMedia(bytes)
        } else if has("ID3") || Self.isMPEG(bytes) {
            self = .audio(.mp3)
        } else {
            self = .other(Self.guess(bytes))
        }
    }

    /// RFC 3533, 6 (page header) and RFC 7845, 5.1.
    private static func ogg(_ bytes: [UInt8]) -> AudioHead {
        guard bytes.count > 27 else { return .other("the beginning of an Ogg file") }
        let packet = bytes.dropFirst(27 + Int(bytes[26]))
        if packet.starts(with: "OpusHead".utf8) { return .audio(.opus) }
        if packet.starts(with: [0x01] + Array("vorbis".utf8)) { return .other("Ogg Vorbis") }
        if packet.starts(with: [0x7F] + Array("FLAC".utf8)) { return .other("FLAC within Ogg") }
        if packet.starts(with: "Speex".utf8) { return .other("Ogg Speex") }
        return .other("an Ogg file of another kind")
    }

    /// ISO/IEC 14496-12, 4.3: the brands of files that hold sound alone, and those that phones write for it.
    private static func isoMedia(_ bytes: [UInt8]) -> AudioHead {
        let brand = String(decoding: bytes.dropFirst(8).prefix(4), as: UTF8.self)
        guard ["M4A ", "M4B ", "mp41", "mp42", "isom", "iso2", "iso4", "iso5", "iso6", "3gp4", "3gp5", "3gp6", "dash"].contains(brand) else {
            return .other("an ISO media file that is no M4A")
        }
        return .audio(.m4a)
    }

    /// ISO/IEC 11172-3, 2.4.1.3: a header of layer III, and where it fits into what is known the next one of the same kind.
    private static func isMPEG(_ bytes: [UInt8]) -> Bool {
        guard let length = frameLength(bytes, at: 0) else { return false }
        guard bytes.count >= length + 4 else { return bytes.count < Self.length }
        return frameLength(bytes, at: length) != nil && bytes[length + 1] == bytes[1]
    }

    /// In bytes; nil where no frame of layer III begins.
    private static func frameLength(_ bytes: [UInt8], at offset: Int) -> Int? {
        guard bytes.count >= offset + 4, bytes[offset] == 0xFF, bytes[offset + 1] & 0xE0 == 0xE0, bytes[offset + 1] & 0x06 == 0x02 else { return nil }
        let version = Int(bytes[offset + 1] >> 3 & 3)
        let (rate, frequency) = (Int(bytes[offset + 2] >> 4), Int(bytes[offset + 2] >> 2 & 3))
        guard version != 1, (1...14).contains(rate), frequency < 3 else { return nil }
        let isFirst = version == 3
        let kilobits =
            isFirst
            ? [0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320][rate]
            : [0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160][rate]
        let hertz = [44_100, 48_000, 32_000][frequency] / (isFirst ? 1 : version == 2 ? 2 : 4)
        return (isFirst ? 144_000 : 72_000) * kilobits / hertz + Int(bytes[offset + 2] >> 1 & 1)
    }

    private static func guess(_ bytes: [UInt8]) -> String {
        let known: [([UInt8], String)] = [
            ([0x89] + Array("PNG".utf8), "a PNG picture"), ([0xFF, 0xD8, 0xFF], "a JPEG picture"), (Array("%PDF".utf8), "a PDF document"),
            (Array("PK".utf8) + [3, 4], "a ZIP archive or an office document"), ([0x1F, 0x8B], "a gzip archive"),
            ([0x1A, 0x45, 0xDF, 0xA3], "Matroska or WebM"), (Array("caff".utf8), "a Core Audio file"), (Array("FORM".utf8), "AIFF"),
            (Array("#!AMR".utf8), "AMR"), ([0x30, 0x26, 0xB2, 0x75], "Windows Media"), ([0x7F] + Array("ELF".utf8), "a program"),
        ]
        if let found = known.first(where: { bytes.starts(with: $0.0) }) { return found.1 }
        if bytes.starts(with: [0xFF]), bytes.count > 1, bytes[1] & 0xF6 == 0xF0 { return "AAC without a container" }
        let isText = bytes.allSatisfy { $0 >= 0x20 && $0 != 0x7F || [0x09, 0x0A, 0x0D].contains($0) }
        return isText ? "text" : "no kind of file that is known here"
    }
}
