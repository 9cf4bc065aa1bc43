import Bytes
import OggOpus
import Testing

@Suite("Headers, RFC 7845, 5")
struct HeaderTests {
    /// magic, version 1, 2 channels, pre-skip 312, 48000 Hz, gain -1 dB, family 0
    static let head: [UInt8] = Array("OpusHead".utf8) + [1, 2, 0x38, 0x01, 0x80, 0xBB, 0, 0, 0x00, 0xFF, 0]

    @Test func head() throws {
        let head = try OpusHead(packet: Self.head)
        #expect(head == OpusHead(channels: 2, preSkip: 312, inputRate: 48_000, gain: -256))
        #expect(head.packet == Self.head)
    }

    @Test(arguments: [
        (8, UInt8(16), OggOpusError.Code.unsupported), (9, 0, .unsupported), (9, 3, .unsupported), (18, 1, .unsupported), (18, 255, .unsupported),
        (0, 0, .notOpus),
    ])
    func refusedHead(position: Int, value: UInt8, code: OggOpusError.Code) {
        var bytes = Self.head
        bytes[position] = value
        #expect { try OpusHead(packet: bytes) } throws: { ($0 as? OggOpusError)?.code == code }
    }

    @Test func `every shorter head is refused`() {
        for count in 0..<19 {
            #expect(throws: OggOpusError.self) { try OpusHead(packet: Array(Self.head.prefix(count))) }
        }
    }

    @Test func `mono and stereo by the Vorbis mapping are taken, other orders refused`() throws {
        #expect(try OpusHead(packet: Self.head.dropLast() + [1, 1, 1, 0, 1]).channels == 2)
        #expect(throws: OggOpusError.self) { try OpusHead(packet: Self.head.dropLast() + [1, 1, 1, 1, 0]) }
    }

    @Test func tags() throws {
        let written = RecorderTags(serial: "A1-0007EC7C21", generation: 0x91aa, number: 4_294_967_279, started: "2026-11-23T10:14:01+01:00")
        let packet = written.tags(vendor: "v").packet
        // magic, vendor "v", three comments
        #expect(packet.starts(with: Array("OpusTags".utf8) + [1, 0, 0, 0, UInt8(ascii: "v"), 3, 0, 0, 0]))
        let read = try OpusTags(packet: packet)
        #expect(!read.isCut)
        #expect(read.value(of: "earshot_recording")?.raw == "000091aa-4294967279")
        #expect(RecorderTags(read) == written)
    }

    @Test func `tags that lie about their lengths give what stands before the lie`() throws {
        let packet = RecorderTags(serial: "A", generation: 1, number: 2, started: nil).tags(vendor: "v").packet
        for count in 8..<packet.count {
            let read = try OpusTags(packet: Array(packet.prefix(count)))
            #expect(read.isCut)
            #expect(read.comments.count < 2)
        }
        var liar = packet
        liar[13] = 0xFF  // 255 comments
        let read = try OpusTags(packet: liar)
        #expect(read.isCut)
        #expect(read.comments.count == 2)
    }

    @Test func `comments are bounded in number and length, and escaped`() throws {
        let many = (0..<100).map { OpusTags.Comment(name: ForeignText("N\($0)"), value: ForeignText("\u{202E}x")) }
        let tags = OpusTags(vendor: ForeignText("v"), comments: many)
        #expect(tags.comments.count == OpusTags.mostComments)
        #expect(tags.comments[0].value.description == "\\u{202e}x")
        var packet = Array("OpusTags".utf8) + [0, 0, 0, 0, 1, 0, 0, 0, 0x00, 0x10, 0, 0]
        packet += [UInt8](repeating: UInt8(ascii: "x"), count: 0x1000)
        #expect(try OpusTags(packet: packet).comments[0].name.raw.utf8.count == ForeignText.limit)
    }

    @Test func `recorder tags of another kind are not taken for ours`() {
        for recording in ["", "5b0c91aa", "5b0c91aa-", "5b0c91a-1", "5b0c91aa-1-2", "5b0c91zz-1", "+b0c91aa-1", "5b0c91aa-+1"] {
            let tags = OpusTags(
                vendor: ForeignText(""),
                comments: [("EARSHOT_SERIAL", "A"), ("EARSHOT_RECORDING", recording)].map {
                    OpusTags.Comment(name: ForeignText($0.0), value: ForeignText($0.1))
                })
            #expect(RecorderTags(tags) == nil)
        }
    }

    @Test func `durations, RFC 6716, 3.1`() {
        // The configuration of each first byte, then frames by its last two bits.
        let frames =
            [480, 960, 1920, 2880, 480, 960, 1920, 2880, 480, 960, 1920, 2880, 480, 960, 480, 960] + (0..<4).flatMap { _ in [120, 240, 480, 960] }
        for (configuration, samples) in frames.enumerated() {
            let toc = UInt8(configuration << 3)
            #expect(PacketDuration.samples(of: [toc]) == samples)
            #expect(PacketDuration.samples(of: [toc | 1, 0, 0]) == samples * 2)
            #expect(PacketDuration.samples(of: [toc | 1, 0]) == nil)
            #expect(PacketDuration.samples(of: [toc | 2, 0]) == samples * 2)
            #expect(PacketDuration.samples(of: [toc | 3]) == nil)
            #expect(PacketDuration.samples(of: [toc | 3, 0]) == nil)
            #expect(PacketDuration.samples(of: [toc | 3, UInt8(5760 / samples)]) == 5760)
            #expect(PacketDuration.samples(of: [toc | 3, UInt8(5760 / samples + 1)]) == nil)
        }
        #expect(PacketDuration.samples(of: []) == nil)
    }
}
