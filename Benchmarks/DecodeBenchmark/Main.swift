import DecodePeer
import FoundationEssentials
import Glibc
import OggOpus
import OpusAudio

/// Decodes recorded speech by `OpusStreamDecoder` and by the same libopus loop in C, in turns, and prints both × real time and their ratio,
/// in the thread's own CPU time: what else the machine does is not counted.
@main
enum DecodeBenchmark {
    static let rounds = 15
    static let piece = 64 << 10

    static func main() throws {
        let object = try recording()
        let (samples, _) = try ours(object)
        var peer = [Int16](repeating: 0, count: samples.count + 5760)
        let same = try theirs(object, into: &peer).count == samples.count && peer.prefix(samples.count).elementsEqual(samples)
        guard same else { throw Failure(description: "The two do not decode to the same samples.") }
        let seconds = Double(samples.count) / 48_000

        var times: (ours: [Double], theirs: [Double]) = ([], [])
        for round in 0..<rounds {
            // Which goes first changes, so that neither always finds the caches warm.
            if round % 2 == 0 { times.ours.append(try ours(object).seconds) }
            times.theirs.append(try theirs(object, into: &peer).seconds)
            if round % 2 == 1 { times.ours.append(try ours(object).seconds) }
        }
        let ratios = zip(times.ours, times.theirs).map { $0 / $1 }
        print("speech               \(Int(seconds)) s, \(object.count) bytes, mono, the same \(samples.count) samples from both")
        print("Earshot              \(rounded(seconds / median(times.ours))) x real time (median of \(rounds))")
        print("libopus loop in C    \(rounded(seconds / median(times.theirs))) x real time (median of \(rounds))")
        print(
            "time, Earshot to C   \(rounded(median(ratios) * 100)) % (median of pairs; \(rounded((ratios.min() ?? 0) * 100)) to \(rounded((ratios.max() ?? 0) * 100)) %)"
        )
    }

    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    private static func ours(_ object: [UInt8]) throws -> (samples: [Int16], seconds: Double) {
        var all: [Int16] = []
        all.reserveCapacity(object.count * 16)
        let seconds = try measure {
            var decoder = try OpusStreamDecoder()
            for start in stride(from: 0, to: object.count, by: piece) {
                try decoder.append(Array(object[start..<min(start + piece, object.count)]))
                while try decoder.read(into: &all) {}
            }
            decoder.finish()
            while try decoder.read(into: &all) {}
        }
        return (all, seconds)
    }

    private static func theirs(_ object: [UInt8], into out: inout [Int16]) throws -> (count: Int, seconds: Double) {
        var count = 0
        let seconds = measure {
            count = unsafe object.withUnsafeBufferPointer { object in
                unsafe out.withUnsafeMutableBufferPointer { out in
                    unsafe decode_peer(object.baseAddress, object.count, piece, 1, out.baseAddress, out.count)
                }
            }
        }
        guard count >= 0 else { throw Failure(description: "libopus made no decoder.") }
        return (count, seconds)
    }

    /// Two minutes of Debian's recorded test speech as a card records it.
    private static func recording() throws -> [UInt8] {
        let names = ["Front_Center", "Front_Left", "Front_Right", "Rear_Center", "Rear_Left", "Rear_Right", "Side_Left", "Side_Right"]
        let speech = try names.flatMap { try WAVFile(Array(Data(contentsOf: URL(filePath: "/usr/share/sounds/alsa/\($0).wav")))).speech() }
        var encoder = try RecordingEncoder(tags: RecorderTags(serial: "BENCH", generation: 1, number: 1, started: nil), streamSerial: 1)
        var object = try encoder.start()
        for _ in 0..<(120 * RecordingEncoder.rate / speech.count + 1) { object += try encoder.append(speech) }
        return try object + encoder.finish()
    }

    private static func measure<E: Error>(_ body: () throws(E) -> Void) throws(E) -> Double {
        let begin = now()
        try body()
        return now() - begin
    }

    private static func now() -> Double {
        var time = timespec()
        unsafe clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }

    private static func median(_ values: [Double]) -> Double { values.sorted()[values.count / 2] }

    private static func rounded(_ value: Double) -> Double { (value * 10).rounded() / 10 }
}
