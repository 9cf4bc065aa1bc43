/// Puts the entries of a list or of the event log together from the payload of its transfers: whole entries in rising number,
/// bounded, across notifications and interruptions. (Recorder Card Profile, READ.)
package struct EntryAssembler<Entry: Sendable>: ~Copyable {
    private let object: UInt32
    private let size: Int
    private let most: Int
    private let length: UInt64
    private let read: @Sendable (ArraySlice<UInt8>) throws(ProfileError) -> Entry
    private let number: @Sendable (Entry) -> UInt32
    private var begun: [UInt8] = []
    private var next: UInt32?
    private var start: (next: UInt32?, count: Int)

    /// Whole entries so far, in rising number.
    package private(set) var entries: [Entry] = []

    /// - Parameters:
    ///   - first: the lowest number wanted.
    ///   - size: of an entry, as Features gives it.
    ///   - most: more entries than this are an error of the card.
    ///   - length: how many entries to ask for; 0 for all.
    init(
        object: UInt32, from first: UInt32, size: UInt8, most: Int, length: UInt64 = 0, number: @escaping @Sendable (Entry) -> UInt32,
        read: @escaping @Sendable (ArraySlice<UInt8>) throws(ProfileError) -> Entry
    ) {
        self.object = object
        self.size = max(1, Int(size))
        self.most = most
        self.length = length
        self.number = number
        self.read = read
        next = first
        start = (first, 0)
    }

    /// What to READ now: from the number behind the last whole entry; nil when no number is left.
    ///
    /// - Parameter limit: of the first credit.
    package mutating func request(limit: UInt32 = TransferReceiver.creditAhead) -> ControlRequest? {
        guard let next else { return nil }
        begun = []
        start = (next, entries.count)
        return .read(object: object, offset: UInt64(next), length: length, limit: limit)
    }

    /// The most payload that one transfer may bring.
    package var mostBytes: UInt64 { UInt64(max(0, most - entries.count) + 1) * UInt64(size) }

    /// Takes payload in order.
    package mutating func append(_ payload: some Collection<UInt8>) throws(ProfileError) {
        begun.append(contentsOf: payload)
        var position = 0
        while begun.count - position >= size {
            let entry = try read(begun[position..<position + size])
            position += size
            guard let wanted = next, number(entry) >= wanted else {
                throw ProfileError(.outOfOrder, "The card lists number \(number(entry)) behind one that is not lower.")
            }
            guard entries.count < most else { throw ProfileError(.tooMuch, "The card lists more than \(most) entries.") }
            entries.append(entry)
            next = number(entry) < .max ? number(entry) + 1 : nil
        }
        begun.removeFirst(position)
    }

    /// The checksum of the transfer was wrong: everything since `request` is thrown away.
    package mutating func throwAway() {
        entries.removeLast(entries.count - start.count)
        next = start.next
        begun = []
    }
}
