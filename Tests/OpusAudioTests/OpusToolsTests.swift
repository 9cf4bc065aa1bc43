import Foundation
import OggOpus
import OpusAudio
import Testing

@Suite("Against Debian's opus-tools, with recorded speech")
struct OpusToolsTests {
    private func expectEqualToOpusdec(_ object: [UInt8], _ comment: Comment? = nil) throws {
        let folder = try Folder()
        let file = try folder.write(object, as: "recording.opus")
        try run("opusdec", "--quiet", "--rate", "48000", "--no-dither", file, folder.path("opusdec.wav"))
        let ours = try Decoded(object)
        #expect(ours.gapCount == 0, comment)
        let theirs = try folder.read("opusdec.wav")
        let wav = try ours.wav()
        // Not compared by ==, which would print both.
        #expect(theirs.count == wav.count, comment)
        #expect(zip(theirs, wav).enumerated().first { $1.0 != $1.1 }?.offset == nil, comment)
    }

    @Test(arguments: Speech.files)
    func `decoding a card's recording equals opusdec --rate 48000 --no-dither, byte for byte`(file: String) throws {
        try expectEqualToOpusdec(try Speech.object(try Speech.samples(file)))
    }

    @Test(arguments: ["2.5", "5", "10", "20", "40", "60"])
    func `so does opusenc's output, loud enough to clip`(frame: String) throws {
        let folder = try Folder()
        try run("sox", "-R", "-V1", Speech.files[1], "-c", "2", folder.path("loud.wav"), "gain", "20")
        for bitrate in ["16", "64"] {
            try run("opusenc", "--quiet", "--bitrate", bitrate, "--framesize", frame, folder.path("loud.wav"), folder.path("loud.opus"))
            try expectEqualToOpusdec(try folder.read("loud.opus"), "\(bitrate) kbit/s")
        }
    }

    @Test func `and a stream whose head asks for a gain`() throws {
        let object = try Speech.object(try Speech.samples())
        var scanner = OggPageScanner()
        try scanner.append(object)
        scanner.finish()
        guard case .page(var page, _) = scanner.next() else {
            Issue.record("no first page")
            return
        }
        let length = page.byteCount
        page.body = OpusHead(channels: 1, preSkip: 312, inputRate: 16_000, gain: 1234).packet
        try expectEqualToOpusdec(page.bytes + object[length...])
    }

    @Test(arguments: Speech.files, [1, 2])
    func `opusinfo finds nothing wrong`(file: String, channels: Int) throws {
        let samples = try Speech.samples(file)
        let folder = try Folder()
        let path = try folder.write(try Speech.object(channels == 1 ? samples : samples.flatMap { [$0, 0] }, channels: channels), as: "a.opus")
        let said = try run("opusinfo", path)
        #expect(said.contains("EARSHOT_RECORDING=5b0c91aa-214"))
        #expect(said.contains("Playback length"))
        for word in ["WARNING", "Warning", "ERROR", "Error", "negative", "hole", "missing"] { #expect(!said.contains(word), "\(said)") }
        #expect(said.contains("Logical stream 1 ended"))
    }

    @Test func `a recording plays exactly as long as it was recorded`() throws {
        let speech = try Speech.samples()
        for count in [0, 1, 319, 320, 321, 16_000, 16_123] {
            let decoded = try Decoded(try Speech.object(Array(speech.prefix(count))))
            #expect(decoded.samples.count == count * 3)
            #expect(decoded.duration == Int64(count * 3))
        }
    }
}
