import Bytes
import Daemon
import GATT
import Recordings
import Uploading

/// Short texts from cards, callers, files and BlueZ: times, ids, digests, sizes, addresses. What is read is written and read again as it was,
/// and what a person is shown holds no control characters.
enum WordsEntry {
    static func run(_ input: [UInt8]) {
        guard let choice = input.first else { return }
        let text = String(decoding: input.dropFirst(), as: UTF8.self)
        switch choice % 10 {
        case 0: time(text)
        case 1: ids(text)
        case 2: serial(text)
        case 3: digest(text)
        case 4: size(text)
        case 5: address(text)
        case 6: foreign(Array(input.dropFirst()))
        case 7: nearest(text)
        case 8: calendar(Array(input.dropFirst()))
        default: template(text)
        }
    }

    private static func time(_ text: String) {
        guard let time = UTCTime(text) else { return }
        check(UTCTime(time.description) == time, "\(time) is read again as it was")
        let fields = time.fields
        check((1...12).contains(fields.month) && (1...31).contains(fields.day) && fields.hour < 24 && fields.second < 60, "fields are a calendar's")
    }

    /// Times as cards make them: any 48 bits, and sums of them.
    private static func calendar(_ bytes: [UInt8]) {
        var draws = Draws(bytes)
        let time = UTCTime(milliseconds: Int64(bitPattern: draws.u64())).advanced(by: Int64(bitPattern: draws.u64()))
        check(UTCTime(time.description) == time, "\(time) is read again as it was")
        let local = LocalTime(milliseconds: time.milliseconds)
        check((1...12).contains(local.month) && (0..<24).contains(local.hour), "the clock on the wall shows a time")
    }

    private static func ids(_ text: String) {
        if let id = RecordingID("rec_" + text) { check(RecordingID(id.description) == id, "an id is read again as it was") }
        if let kind = RecordingKind(text) { check(RecordingKind(kind.description) == kind, "a kind is read again as it was") }
        if let uuid = BluetoothUUID(text) { check(uuid.description == text.lowercased(), "a UUID is written as it came") }
    }

    private static func serial(_ text: String) {
        guard let serial = CardSerial(text) else { return }
        check(serial.description == text && !text.contains("/") && text.utf8.count <= 32, "a serial number is safe in a path")
    }

    private static func digest(_ text: String) {
        guard let digest = SHA256Digest(hex: text) else { return }
        check(digest.description == text.lowercased(), "a digest is written as it came")
    }

    private static func size(_ text: String) {
        guard let size = ByteSize.parse(text) else { return }
        check(size <= UInt64(Int64.max), "a size is one of a disk")
        check(!ByteSize.text(size).isEmpty && ByteSize.parse(ByteSize.text(size)).map { $0 <= size } == true, "a size is shown rounded down")
    }

    private static func address(_ text: String) {
        guard let address = DeviceAddress(text, kind: .random) else { return }
        check(address.description == text.uppercased(), "an address is written as it came")
    }

    private static func foreign(_ bytes: [UInt8]) {
        var draws = Draws(bytes)
        let limit = draws.number(below: 600)
        let rest = draws.all()
        let text = ForeignText(utf8: rest, limit: limit)
        check(text.raw.utf8.count <= limit, "foreign text is bounded")
        check(text.isCut || text.raw == String(decoding: rest, as: UTF8.self), "and whole unless it is cut")
        let isPlain = !text.description.unicodeScalars.contains { [.control, .format, .lineSeparator].contains($0.properties.generalCategory) }
        check(isPlain, "and shown in plain text")
    }

    private static func nearest(_ text: String) {
        let words = text.split(separator: " ").map(String.init)
        guard let first = words.first, let nearest = NearestName.of(first, among: words.dropFirst()) else { return }
        check(words.dropFirst().contains(nearest), "what is meant is one of the names")
    }

    private static func template(_ text: String) {
        let parts = text.split(separator: "\n", maxSplits: 1, omittingEmptySubsequences: false)
        guard let template = try? NameTemplate(String(parts[0])) else { return }
        Names.look(at: template)
        if parts.count > 1 { Names.look(at: template, text: String(parts[1]), started: UTCTime(milliseconds: 1)) }
    }
}
