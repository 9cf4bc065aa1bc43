internal import COgg

/// Finds the pages in a byte stream that may be damaged anywhere, by libogg's synchronisation.
///
/// Give it bytes with `append`, at most a megabyte at a time, and take what was found with `next` until it returns nil; then it holds less
/// than one page (64 KiB). After the last bytes call `finish` and take the rest.
///
/// `@safe`: the state's pointers belong to libogg, live as long as this value, which is the only one to hold them, and never leave it.
@safe package struct OggPageScanner: ~Copyable {
    package enum Found: Hashable, Sendable {
        /// A page with a right checksum, and the offset of its first byte.
        case page(OggPage, offset: UInt64)
        /// Bytes that belong to no good page.
        case skipped(offset: UInt64, bytes: UInt64)
    }

    private var state = unsafe ogg_sync_state()
    private var offset: UInt64 = 0
    /// Bytes skipped just before `offset`, not yet reported.
    private var skipped: UInt64 = 0
    private var waiting: (page: OggPage, offset: UInt64)?
    private var isFinished = false

    package init() { unsafe ogg_sync_init(&state) }

    deinit {
        var state = unsafe state
        unsafe ogg_sync_clear(&state)
    }

    package mutating func append(_ bytes: [UInt8]) throws(OggOpusError) {
        guard !bytes.isEmpty else { return }
        guard let room = unsafe ogg_sync_buffer(&state, bytes.count) else {
            throw OggOpusError(.outOfMemory, "There is no memory for \(bytes.count) bytes of the stream.")
        }
        unsafe bytes.withUnsafeBytes { unsafe UnsafeMutableRawPointer(room).copyMemory(from: $0.baseAddress.unsafelyUnwrapped, byteCount: $0.count) }
        unsafe ogg_sync_wrote(&state, bytes.count)
    }

    /// No more bytes will come.
    package mutating func finish() { isFinished = true }

    /// - Returns: nil when more bytes are needed, or after `finish` when all was taken.
    package mutating func next() -> Found? {
        if let (page, offset) = waiting {
            waiting = nil
            return .page(page, offset: offset)
        }
        while true {
            var found = unsafe ogg_page()
            let moved = unsafe ogg_sync_pageseek(&state, &found)
            if moved > 0 {
                let start = offset
                offset += UInt64(moved)
                let header = unsafe Array(UnsafeBufferPointer(start: found.header, count: found.header_len))
                let body = unsafe Array(UnsafeBufferPointer(start: found.body, count: found.body_len))
                guard let page = OggPage(header: header, body: body) else {
                    skipped += UInt64(moved)
                    continue
                }
                guard let skip = takeSkipped(before: start) else { return .page(page, offset: start) }
                waiting = (page, start)
                return skip
            }
            if moved < 0 {
                skip(-moved)
            } else if isFinished, unsafe state.returned < state.fill {
                // The rest is shorter than the page it claims to begin; a good page may still stand behind its first byte.
                unsafe state.returned += 1
                unsafe state.headerbytes = 0
                unsafe state.bodybytes = 0
                skip(1)
            } else {
                return isFinished ? takeSkipped(before: offset) : nil
            }
        }
    }

    private mutating func skip(_ bytes: Int) {
        offset += UInt64(bytes)
        skipped += UInt64(bytes)
    }

    private mutating func takeSkipped(before offset: UInt64) -> Found? {
        guard skipped > 0 else { return nil }
        defer { skipped = 0 }
        return .skipped(offset: offset - skipped, bytes: skipped)
    }
}
