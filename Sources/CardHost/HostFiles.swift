internal import EventLoop
internal import OpusAudio

/// Sound files in and objects out, on the thread that may wait.
actor HostFiles {
    /// Ten minutes of stereo at 96 kHz and 32 bits are 440 MB; recorders' files are far smaller.
    private static let longestFile = 512 << 20

    private let thread: BlockingThread
    nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe thread.asUnownedSerialExecutor() }

    init(thread: BlockingThread) { self.thread = thread }

    /// A WAV file as a card's microphone would give it.
    func speech(in path: String) throws -> [Int16] {
        do {
            let file = try DurableFile.open(path: path, .read)
            let size = try file.size()
            guard size <= Self.longestFile else { throw HostError(.file, "\(path): \(size) bytes are more than \(Self.longestFile).") }
            var bytes = [UInt8](repeating: 0, count: size)
            let count = try file.read(into: &bytes, at: 0)
            return try WAVFile(Array(bytes.prefix(count))).speech()
        } catch let error as OpusAudioError {
            throw HostError(.file, "\(path): \(error)")
        } catch let error as SystemError {
            throw HostError(.file, "\(path) cannot be read: \(error)")
        }
    }

    /// Makes or replaces a file.
    func write(_ bytes: [UInt8], to path: String) throws {
        do {
            let file = try DurableFile.open(path: path, .create)
            try file.truncate(to: 0)
            unsafe try file.write(bytes.span.bytes, at: 0)
        } catch {
            throw HostError(.file, "\(path) cannot be written: \(error)")
        }
    }
}
