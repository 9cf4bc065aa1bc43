/// Which pieces of one recording to READ, without I/O: 1 MiB at most, from wherever it is, back to where a wrong checksum began. (Recorder
/// Card Profile, Transfer.)
package struct RecordingPull: ~Copyable {
    package static let piece: UInt64 = 1 << 20
    /// Transfers in a row that bring no byte further before the card is given up for this session.
    package static let patience = 8

    package enum Verdict: Hashable, Sendable {
        /// Every byte since the pull began is proven.
        case proven
        /// What came is kept; not all of it is proven.
        case kept
        /// Throw away what is behind this offset.
        case throwAway(backTo: UInt64)
    }

    package let recording: UInt32
    package let size: UInt64
    /// The next byte wanted.
    package private(set) var offset: UInt64
    /// Where the READ that runs began.
    package private(set) var start: UInt64
    /// The highest offset reached: what lies below and comes again was repeated.
    private var reached: UInt64
    private var furthest: UInt64
    private var idleTransfers = 0
    private var keptUnproven = false
    private var repeated: UInt64 = 0

    package init(recording: UInt32, size: UInt64, from offset: UInt64) {
        self.recording = recording
        self.size = size
        self.offset = min(offset, size)
        start = self.offset
        reached = self.offset
        furthest = self.offset
    }

    package var isWhole: Bool { offset == size }

    /// How much the next READ may bring.
    package var pieceLength: UInt64 { min(Self.piece, size - offset) }

    /// The next piece to READ; nil when all bytes are here.
    ///
    /// - Throws: `tooMuch` after `patience` transfers that brought nothing further.
    package mutating func nextRead(limit: UInt32 = TransferReceiver.creditAhead) throws(ProfileError) -> ControlRequest? {
        guard !isWhole else { return nil }
        guard idleTransfers < Self.patience else {
            throw ProfileError(.tooMuch, "\(idleTransfers) transfers in a row brought no byte of recording \(recording) behind \(furthest).")
        }
        start = offset
        return .read(object: recording, offset: offset, length: pieceLength, limit: limit)
    }

    /// So many bytes came in order.
    package mutating func took(_ count: Int) {
        let end = min(size, offset + UInt64(max(0, count)))
        repeated += min(end, max(reached, offset)) - offset
        offset = end
        reached = max(reached, offset)
    }

    /// The transfer ended, or something of it is missing. `miss` counts as an end.
    package mutating func ended(_ progress: TransferReceiver.Progress) -> Verdict {
        let verdict: Verdict
        switch progress {
        case .ended(_, checksumIsRight: true): verdict = keptUnproven ? .kept : .proven
        case .ended(_, checksumIsRight: false):
            offset = start
            verdict = .throwAway(backTo: start)
        case .gap, .more:
            keptUnproven = keptUnproven || offset > start
            verdict = .kept
        }
        idleTransfers = offset > furthest ? 0 : idleTransfers + 1
        furthest = max(furthest, offset)
        return verdict
    }

    /// Bytes that came a second time since this was last asked.
    package mutating func takeRepeated() -> UInt64 {
        defer { repeated = 0 }
        return repeated
    }
}
