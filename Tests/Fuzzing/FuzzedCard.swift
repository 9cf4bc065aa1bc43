import CardProfile
import Recordings

/// A card whose bytes are known in advance: byte `n` of recording `r` is `content(r, n)`. What it is asked to do is noted.
struct FuzzedCard: CardState {
    var features: Features
    var serial: CardSerial
    var ownerKey: OwnerKey?
    private(set) var sizes: [UInt32: (size: UInt64, flags: ListedFlags)] = [:]
    private(set) var lastEvent: UInt32 = 0
    private(set) var lastAcknowledged: UInt32 = 0
    private(set) var released: Set<UInt32> = []
    private var challenges: UInt8 = 0

    /// - Parameter serial: valid.
    init?(capabilities: Capabilities, serial: String = "A1-0007EC7C21") {
        guard let serial = CardSerial(serial) else { return nil }
        self.serial = serial
        features = Features(capabilities: capabilities, generation: 0x5B0C_91AA, buttons: 2, screenColumns: 16, screenRows: 3)
    }

    static func content(_ recording: UInt32, _ position: UInt64) -> UInt8 {
        UInt8(truncatingIfNeeded: (position &* 0x9E37_79B9_7F4A_7C15 ^ UInt64(recording) &* 0xBF58_476D_1CE4_E5B9) >> 29)
    }

    static func digest(of recording: UInt32) -> SHA256Digest? { SHA256Digest([UInt8](repeating: UInt8(truncatingIfNeeded: recording), count: 32)) }

    mutating func put(_ recording: UInt32, size: UInt64, flags: ListedFlags) { sizes[recording] = (size, flags) }

    mutating func grow(_ recording: UInt32, by count: UInt64) {
        guard let entry = sizes[recording], !entry.flags.contains(.complete) else { return }
        sizes[recording] = (entry.size + count, entry.flags)
    }

    /// - Parameter flags: of what was in progress; none while its last bytes are still being written.
    mutating func change(_ recording: UInt32, to flags: ListedFlags) {
        guard let entry = sizes[recording], !entry.flags.contains(.complete) else { return }
        sizes[recording] = (entry.size, flags)
    }

    mutating func delete(_ recording: UInt32) { sizes[recording] = nil }

    mutating func logEvents(_ count: UInt32) { lastEvent += count }

    // MARK: CardState

    func recording(_ number: UInt32) -> ListedRecording? {
        guard let entry = sizes[number] else { return nil }
        return ListedRecording(
            number: number, size: entry.size, started: CardTime(.sincePowerOn(milliseconds: 5), boot: 1), durationMilliseconds: 1000,
            kind: .conversation, marks: 0, flags: entry.flags, firstEvent: 1, digestPrefix: digest(of: number)?.prefix)
    }

    func digest(of recording: UInt32) -> SHA256Digest? {
        sizes[recording].flatMap { $0.flags.contains(.complete) ? Self.digest(of: recording) : nil }
    }

    private func numbers(released: Bool) -> [UInt32] { sizes.filter { $0.value.flags.contains(.released) == released }.keys.sorted() }

    func firstRecording(from number: UInt32, released: Bool) -> ListedRecording? {
        numbers(released: released).first { $0 >= number }.flatMap { recording($0) }
    }

    static func event(_ number: UInt32) -> CardEvent {
        CardEvent(
            number: number, time: CardTime(.sincePowerOn(milliseconds: UInt64(number)), boot: 1),
            what: .button(.assistant, .press, recording: nil, offset: 0))
    }

    func firstEvent(from number: UInt32) -> CardEvent? {
        let first = max(number, lastAcknowledged + 1)
        return first <= lastEvent ? Self.event(first) : nil
    }

    func count(of object: UInt32, from number: UInt32) -> Int {
        object == ObjectNumber.eventLog
            ? Int(lastEvent) - min(Int(lastEvent), max(Int(number) - 1, Int(lastAcknowledged)))
            : numbers(released: object == ObjectNumber.releasedList).count { $0 >= number }
    }

    func read(_ recording: UInt32, at offset: UInt64, count: Int) -> ArraySlice<UInt8>? {
        guard let entry = sizes[recording] else { return nil }
        check(count > 0 && offset + UInt64(count) <= entry.size, "the session reads inside of a recording")
        return (0..<UInt64(count)).map { Self.content(recording, offset + $0) }[...]
    }

    mutating func release(_ recording: UInt32, erase: Bool) throws(ControlResult) {
        check(sizes[recording]?.flags.contains(.complete) == true, "only a complete recording is released")
        released.insert(recording)
        if erase {
            sizes[recording] = nil
        } else if let entry = sizes[recording] {
            sizes[recording] = (entry.size, entry.flags.union(.released))
        }
    }

    mutating func setTime(_ now: UTCTime, minutesEast: Int16) throws(ControlResult) -> ClockAnswer {
        ClockAnswer(before: CardTime(.sincePowerOn(milliseconds: 61_234), boot: 1), millisecondsSincePowerOn: 61_234)
    }

    mutating func acknowledge(upTo number: UInt32) throws(ControlResult) {
        check(number > lastAcknowledged && number <= lastEvent, "only events that were logged are acknowledged")
        lastAcknowledged = number
    }

    mutating func record(_ command: RecordCommand) throws(ControlResult) -> UInt32 {
        if command == .mark { throw .noSuchObject }
        return 7
    }

    mutating func show(_ note: ScreenNote) {
        check(note.text.utf8.count <= ScreenNote.maximumBytes, "text for the screen is bounded")
    }

    mutating func find(seconds: UInt8) {}

    mutating func setOwner(_ key: OwnerKey) throws(ControlResult) { ownerKey = key }

    mutating func makeChallenge() -> [UInt8] {
        challenges &+= 1
        return [UInt8](repeating: challenges, count: OwnerProof.challengeSize)
    }
}
