import Recordings
import Testing

@Suite struct AudioHeadTests {
    /// One Ogg page with a packet.
    private static func ogg(_ packet: [UInt8]) -> [UInt8] {
        Array("OggS".utf8) + [UInt8](repeating: 0, count: 22) + [1, UInt8(packet.count)] + packet
    }

    private static func frames(_ header: [UInt8], _ length: Int, _ count: Int) -> [UInt8] {
        (0..<count).flatMap { _ in header + [UInt8](repeating: 0, count: length - 4) }
    }

    static let known: [(bytes: [UInt8], format: AudioFormat)] = [
        (ogg(Array("OpusHead".utf8) + [1, 1]), .opus), (Array("RIFF____WAVEfmt ".utf8), .wav), (Array("RF64____WAVE".utf8), .wav),
        (Array("fLaC".utf8) + [0], .flac), (Array("ID3".utf8) + [4, 0], .mp3), ([0, 0, 0, 24] + Array("ftypM4A ".utf8), .m4a),
        ([0, 0, 0, 24] + Array("ftypmp42".utf8), .m4a),
        // MPEG 1 layer III, 128 kbit/s at 44,100 Hz, and MPEG 2 layer III, 64 kbit/s at 24,000 Hz.
        (frames([0xFF, 0xFB, 0x90, 0x00], 417, 12), .mp3), (frames([0xFF, 0xF3, 0x84, 0x00], 192, 30), .mp3),
        ([0xFF, 0xFB, 0x90, 0x00, 1, 2, 3], .mp3),
    ]

    @Test(arguments: known.indices) func aRecordingIsKnownByItsFirstBytes(index: Int) {
        #expect(AudioHead(Self.known[index].bytes) == .audio(Self.known[index].format))
    }

    static let other: [(bytes: [UInt8], what: String)] = [
        ([], "an empty file"), (Array("OggS".utf8), "the beginning of an Ogg file"), (ogg([1] + Array("vorbis".utf8)), "Ogg Vorbis"),
        (ogg([0x7F] + Array("FLAC".utf8)), "FLAC within Ogg"), (ogg(Array("Speex   ".utf8)), "Ogg Speex"),
        (Array("RIFF____AVI LIST".utf8), "a RIFF file without sound waves"), ([0x89] + Array("PNG\r\n".utf8), "a PNG picture"),
        ([0, 0, 0, 20] + Array("ftypheic".utf8), "an ISO media file that is no M4A"), (Array("hello, world\n".utf8), "text"),
        ([0xFF, 0xF1, 0x50, 0x80], "AAC without a container"),
        // A header of MP3 and no second one where it should be.
        ([0xFF, 0xFB, 0x90, 0x00] + [UInt8](repeating: 0, count: 4092), "no kind of file that is known here"),
        ([0xFF, 0xFE, 0x68, 0x00, 0x69, 0x00], "no kind of file that is known here"),
    ]

    @Test(arguments: other.indices) func whatElseComesIsNamed(index: Int) {
        #expect(AudioHead(Self.other[index].bytes) == .other(Self.other[index].what))
    }

    /// Every beginning of every sample, and each with one byte changed: it always says something.
    @Test func nothingIsReadBehindTheEnd() {
        for sample in Self.known.map(\.bytes) + Self.other.map(\.bytes) {
            for length in 0...min(sample.count, 64) { _ = AudioHead(sample.prefix(length)) }
            for index in 0..<min(sample.count, 40) {
                for value: UInt8 in [0, 0x7F, 0xFF] {
                    var changed = sample
                    changed[index] = value
                    _ = AudioHead(changed)
                }
            }
        }
    }
}
