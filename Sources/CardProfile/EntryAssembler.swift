/// Puts the entries of a list or of the event log together from the payload of its transfers: whole entries in rising number,
/// bounded, across notifications and interruptions. (Recorder Card Profile, READ.)
package struct EntryAssembler<Entry: Sendable>: ~Copyable {
    private let object: UInt32
    private let size: Int
    private let most: Int
    private let length: Int
    private let read: @Sendable (ArraySlice<UInt8>) throws(ProfileError) -> Entry
    private let number: @Sendable (Entry) -> UInt32
    /// Of the transfer that runs; nothing of it is read before its checksum has proven it.
    private var payload: [UInt8] = []
    private var next: UInt32?
    /// Entries of one READ.
    private var piece: Int

    /// Few enough that one READ which is interrupted costs little, since nothing of it is kept; fewer after each that was.
    private static var pieces: (most: Int, least: Int) { (256, 8) }

    /// Whole entries so far, in rising number, all proven.
    package private(set) var entries: [Entry] = []

    /// - Parameters:
    ///   - first: the lowest number wanted.
    ///   - size: of an entry, as Features gives it.
    ///   - most: more entries than this are an error of the card.
    ///   - length: how many entries are wanted; 0 for all.
    init(
        object: UInt32, from first: UInt32, size: UInt8, most: Int, length: Int = 0, number: @escaping @Sendable (Entry) -> UInt32,
        read: @escaping @Sendable (ArraySlice<UInt8>) throws(ProfileError) -> Entry
    ) {
        self.object = object
        self.size = max(1, Int(size))
        self.most = most
        self.length = length
        piece = length > 0 ? length : Self.pieces.most
        self.number = number
        self.read = read
        next = first
    }

    /// What to READ now: from the number behind the last entry; nil when no number is left.
    ///
    /// - Parameter limit: of the first credit.
    package mutating func request(limit: UInt32 = TransferReceiver.creditAhead) -> ControlRequest? {
        guard let next else { return nil }
        payload = []
        return .read(object: object, offset: UInt64(next), length: UInt64(piece), limit: limit)
    }

    /// The most payload that one transfer may bring.
    package var mostBytes: UInt64 { UInt64(piece) * UInt64(size) }

    /// Takes payload in order.
    package mutating func append(_ payload: some Collection<UInt8>) { self.payload.append(contentsOf: payload) }

    /// The transfer ended, or something of it is missing. Only what its checksum has proven is kept: an entry that came damaged would
    /// be believed for ever.
    ///
    /// - Returns: whether everything that was wanted is here.
    package mutating func ended(_ progress: TransferReceiver.Progress) throws(ProfileError) -> Bool {
        defer { payload = [] }
        guard case .ended(let result, checksumIsRight: true) = progress else {
            if length == 0 { piece = max(Self.pieces.least, piece / 2) }
            return false
        }
        let count = payload.count / size
        for position in 0..<count {
            let entry = try read(payload[position * size..<(position + 1) * size])
            guard let wanted = next, number(entry) >= wanted else {
                throw ProfileError(.outOfOrder, "The card lists number \(number(entry)) behind one that is not lower.")
            }
            guard entries.count < most else { throw ProfileError(.tooMuch, "The card lists more than \(most) entries.") }
            entries.append(entry)
            next = number(entry) < .max ? number(entry) + 1 : nil
        }
        return result == .success && (length > 0 || count < piece)
    }
}
