internal import OggOpus
internal import OpusAudio

/// The encoder of the recording that the microphone is making.
final class LiveRecorder {
    let number: UInt32
    private let microphone: Microphone
    private var encoder: RecordingEncoder?
    private(set) var given = 0

    init(number: UInt32, microphone: Microphone, bitrate: Int, tags: RecorderTags, streamSerial: UInt32) throws {
        self.number = number
        self.microphone = microphone
        encoder = try RecordingEncoder(bitrate: bitrate, tags: tags, streamSerial: streamSerial)
    }

    func start() throws -> [UInt8] { try encoder?.start() ?? [] }

    /// Takes up what the microphone heard until then, in samples since the start.
    ///
    /// - Returns: the pages that became complete.
    func record(until samples: Int) throws -> [UInt8] {
        guard samples > given else { return [] }
        defer { given = samples }
        return try encoder?.append(microphone.samples(given..<samples)) ?? []
    }

    /// The last pages. Nothing can be recorded afterwards.
    func finish() throws -> [UInt8] {
        guard let encoder = encoder.take() else { return [] }
        return try encoder.finish()
    }
}
