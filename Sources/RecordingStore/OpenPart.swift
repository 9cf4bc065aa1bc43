internal import EventLoop
internal import Recordings

/// The part of a recording that is being pulled.
struct OpenPart: ~Copyable {
    /// Bytes that are gathered before they are written: a notification brings 244 of them.
    static let bufferSize = 64 << 10

    let id: RecordingID
    let entry: ListedRecording
    let file: DurableFile
    /// Durable, and known to the ledger.
    private(set) var committed: UInt64
    /// Written to the file.
    private var written: UInt64
    private var buffer: [UInt8] = []
    /// When it was last committed, in boot milliseconds.
    var committedAt: Int64

    init(id: RecordingID, entry: ListedRecording, file: consuming DurableFile, committed: UInt64, now: Int64) {
        self.id = id
        self.entry = entry
        self.file = file
        self.committed = committed
        written = committed
        committedAt = now
    }

    /// Bytes so far, durable or not.
    var length: UInt64 { written + UInt64(buffer.count) }

    mutating func append(_ bytes: [UInt8]) throws(SystemError) {
        buffer += bytes
        if buffer.count >= Self.bufferSize { try flush() }
    }

    /// All bytes are on the disk.
    mutating func synchronise() throws(SystemError) {
        try flush()
        try file.synchronizeData()
    }

    mutating func didCommit(at now: Int64) {
        committed = written
        committedAt = now
    }

    /// Throws away what stands behind `offset` and reserves room for the rest again.
    mutating func cut(to offset: UInt64) throws(SystemError) {
        buffer = []
        try file.truncate(to: Int(clamping: offset))
        try file.reserve(Int(clamping: entry.size))
        written = offset
        committed = min(committed, offset)
    }

    private mutating func flush() throws(SystemError) {
        guard !buffer.isEmpty else { return }
        try unsafe file.write(buffer.span.bytes, at: Int(clamping: written))
        written += UInt64(buffer.count)
        buffer.removeAll(keepingCapacity: true)
    }
}
