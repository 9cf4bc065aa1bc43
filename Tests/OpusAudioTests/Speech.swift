import Foundation
import OggOpus
import OpusAudio
import TestSupport
import Testing

/// Recorded speech: the test sounds of Debian's alsa-utils, 48 kHz, mono.
enum Speech {
    static let files = ["Front_Center", "Front_Left", "Front_Right", "Rear_Center", "Rear_Left", "Rear_Right", "Side_Left", "Side_Right"].map {
        "/usr/share/sounds/alsa/\($0).wav"
    }

    /// At 16 kHz, mono.
    static func samples(_ file: String = files[0]) throws -> [Int16] { try WAVFile(Array(Data(contentsOf: URL(filePath: file)))).speech() }

    static let tags = RecorderTags(serial: "A1-0007EC7C21", generation: 0x5b0c_91aa, number: 214, started: "2026-11-23T10:14:01+01:00")

    /// A recording object as a card makes it.
    static func object(_ samples: [Int16], channels: Int = 1) throws -> [UInt8] {
        var encoder = try RecordingEncoder(channels: channels, tags: tags, streamSerial: 99)
        var object = try encoder.start()
        // As a microphone gives them: not in frames.
        for start in stride(from: 0, to: samples.count, by: 500) { object += try encoder.append(samples[start..<min(start + 500, samples.count)]) }
        return try object + encoder.finish()
    }
}

/// All of a stream, decoded.
struct Decoded {
    var samples: [Int16] = []
    var gaps: [OpusGap] = []
    var gapCount = 0
    var missing: Int64 = 0
    var duration: Int64 = 0
    var channels = 0
    var largestPiece = 0

    init(_ bytes: [UInt8], rate: Int = 48_000, channels: Int? = nil, pieces: Int = 4096) throws {
        var decoder = try OpusStreamDecoder(rate: rate, channels: channels)
        for start in stride(from: 0, to: bytes.count, by: pieces) {
            try decoder.append(Array(bytes[start..<min(start + pieces, bytes.count)]))
            try take(&decoder)
        }
        decoder.finish()
        try take(&decoder)
        gaps = decoder.gaps
        gapCount = decoder.gapCount
        missing = decoder.missing
        duration = decoder.duration
        self.channels = decoder.channels ?? 0
    }

    private mutating func take(_ decoder: inout OpusStreamDecoder) throws {
        var piece: [Int16] = []
        while try decoder.read(into: &piece) {
            #expect(!piece.isEmpty, "true says that samples came")
            largestPiece = max(largestPiece, piece.count)
            samples += piece
            piece.removeAll(keepingCapacity: true)
        }
    }

    /// As a WAV file.
    func wav(rate: Int = 48_000) throws -> [UInt8] {
        var writer = WAVWriter(rate: rate, channels: channels)
        let data = try writer.append(samples)
        return writer.header + data
    }
}

/// A folder that is removed at the end.
final class Folder {
    let url: URL

    init() throws {
        url = FileManager.default.temporaryDirectory.appending(path: "earshot-audio-\(UUID())")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(at: url) }

    func write(_ bytes: [UInt8], as name: String) throws -> String {
        let file = url.appending(path: name)
        try Data(bytes).write(to: file)
        return file.path
    }

    func path(_ name: String) -> String { url.appending(path: name).path }
    func read(_ name: String) throws -> [UInt8] { Array(try Data(contentsOf: url.appending(path: name))) }
}

/// Runs a program of Debian's opus-tools or sox; what it said, both ways.
@discardableResult
func run(_ program: String, _ arguments: String...) throws -> String {
    let (status, said) = try ChildProcess.run("/usr/bin/\(program)", arguments)
    #expect(status == 0, "\(program) said: \(said)")
    return said
}
