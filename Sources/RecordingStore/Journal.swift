internal import EventLoop
internal import Ledger

/// The appended copy of the ledger: lines that are only ever added, in segments of a bounded size.
///
///     journal/00000001.log
///
/// A line is the CRC-32C of its text as eight hexadecimal digits, a blank, and JSON. The first line of a segment is its head, every other one an
/// extract. Not safe to share: its owner is an actor on the blocking thread.
struct Journal: ~Copyable {
    /// A segment that is longer is not appended to any more. A line may be longer than that.
    static let segmentBytes = 8 << 20
    /// A segment that is longer than this is not one of ours: two annotations of the largest size, escaped.
    static let longestSegment = 64 << 20

    private let folder: Directory
    private let head: JournalLine.Head
    private let segmentBytes: Int
    private var name = ""
    /// nil: to be opened again, and cut to `length`.
    private var file: DurableFile?
    /// Bytes that are durable.
    private var length = 0

    /// Opens the last segment; cuts what a power cut left of an unfinished line behind its last whole one.
    init(in folder: consuming Directory, head: JournalLine.Head, segmentBytes: Int = Journal.segmentBytes) throws {
        self.folder = folder
        self.head = head
        self.segmentBytes = segmentBytes
        let segments = try Self.segments(in: self.folder)
        guard let last = segments.last else {
            try begin(number: 1)
            return
        }
        let scan = JournalScan(try self.folder.readFile(last.name, limit: Self.longestSegment))
        if scan.head == head {
            name = last.name
            length = scan.end
            try open()
        } else {
            // Another version's, or damaged: it stays as it is.
            try begin(number: last.number + 1)
        }
    }

    /// Appends and returns once it is on the disk.
    mutating func append(_ extracts: [Extract]) throws {
        guard !extracts.isEmpty else { return }
        if length >= segmentBytes { try begin(number: (Self.number(of: name) ?? 0) + 1) }
        if file == nil { try open() }
        var bytes: [UInt8] = []
        for extract in extracts { bytes += JournalLine.bytes(extract.text) }
        do {
            try file?.write(bytes, at: length)
            try file?.synchronizeData()
        } catch {
            // What of it is on the disk nobody knows: the next call cuts it off and the ledger has it still.
            file = nil
            throw error
        }
        length += bytes.count
    }

    /// Segments in the order in which they were written; other names are not looked at.
    static func segments(in folder: borrowing Directory) throws -> [(number: Int, name: String)] {
        try folder.list().compactMap { name in number(of: name).map { ($0, name) } }.sorted { $0.0 < $1.0 }
    }

    private static func number(of name: String) -> Int? {
        guard name.hasSuffix(".log"), name.utf8.count == 12, name.utf8.prefix(8).allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
        return Int(name.prefix(8))
    }

    private mutating func open() throws {
        let file = try folder.openFile(name, .readWrite)
        if try file.size() > length { try file.truncate(to: length) }
        self.file = consume file
    }

    private mutating func begin(number: Int) throws {
        let digits = String(number)
        let name = String(repeating: "0", count: max(0, 8 - digits.count)) + digits + ".log"
        let bytes = JournalLine.bytes(head.text)
        // Atomically: a segment without its head would be nobody's.
        try folder.writeAtomically(name, bytes)
        self.name = name
        length = bytes.count
        try open()
    }
}
