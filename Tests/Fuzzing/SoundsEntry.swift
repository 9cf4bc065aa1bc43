import Importing
import Recordings

/// Files that somebody brings: what kind they are, and when they say that they began. What they say is a time; little of them is read for it, however
/// their boxes and frames lie about sizes.
enum SoundsEntry {
    private static let mostReads = 1000

    static func run(_ input: [UInt8]) {
        guard let choice = input.first else { return }
        let file = Array(input.dropFirst())
        switch choice % 6 {
        case 0: look(StartOfFile.inName(String(decoding: file, as: UTF8.self)))
        case 1: began(file, .audio(.opus), file.count)
        case 2: began(file, .audio(.wav), file.count)
        case 3: began(file, .audio(.mp3), file.count)
        // A sparse file may be longer than what stands in it.
        case 4: began(file, .audio(.m4a), choice < 128 ? file.count : Int.max)
        default: began(file, AudioHead(file), file.count)
        }
    }

    private static func began(_ file: [UInt8], _ kind: AudioHead, _ size: Int) {
        var reads = 0
        look(
            StartOfFile.said(in: kind, head: Array(file.prefix(AudioHead.length)), size: size) { offset, count in
                reads += 1
                check(reads < mostReads && (0...4096).contains(count) && offset >= 0, "little is read: \(count) bytes at \(offset)")
                return Array(file.dropFirst(offset).prefix(count))
            })
    }

    private static func look(_ time: UTCTime?) {
        guard let time else { return }
        check(UTCTime(time.description) == time, "\(time) is read again as it was")
    }
}
