import CardProfile
import Recordings

/// A card's storage in a struct, for the tests of the sessions.
struct PlainCard: CardState {
    var features = Features(
        capabilities: [.screen, .remoteRecord, .owner, .find, .readFollows], generation: 0x5B0C_91AA, buttons: 2, screenColumns: 16, screenRows: 3)
    var serial: CardSerial
    var ownerKey: OwnerKey?
    var recordings: [UInt32: (entry: ListedRecording, bytes: [UInt8])] = [:]
    var digests: [UInt32: SHA256Digest] = [:]
    var events: [CardEvent] = []
    var lastAcknowledged: UInt32 = 0
    var erased: [UInt32] = []
    var notes: [ScreenNote] = []
    var finds: [UInt8] = []
    var commands: [RecordCommand] = []
    var clock: UTCTime?
    var challenges: UInt8 = 0
    /// READs of this recording meet a storage fault.
    var unreadable: UInt32?

    var lastEvent: UInt32 { events.last?.number ?? 0 }

    init?(serial: String = "A1-0007EC7C21") {
        guard let serial = CardSerial(serial) else { return nil }
        self.serial = serial
    }

    mutating func add(_ number: UInt32, _ bytes: [UInt8], flags: ListedFlags = .complete, digest: SHA256Digest? = nil) {
        let entry = ListedRecording(
            number: number, size: UInt64(bytes.count), started: CardTime(.sincePowerOn(milliseconds: 5), boot: 1), durationMilliseconds: 1000,
            kind: .conversation, marks: 0, flags: flags, firstEvent: 1, digestPrefix: digest?.prefix)
        recordings[number] = (entry, bytes)
        digests[number] = digest
    }

    mutating func log(_ count: Int) {
        for _ in 0..<count {
            events.append(
                CardEvent(
                    number: lastEvent + 1, time: CardTime(.sincePowerOn(milliseconds: 7), boot: 1),
                    what: .button(.assistant, .press, recording: nil, offset: 0)))
        }
    }

    func recording(_ number: UInt32) -> ListedRecording? { recordings[number]?.entry }

    func digest(of recording: UInt32) -> SHA256Digest? { digests[recording] }

    private func numbers(released: Bool) -> [UInt32] {
        recordings.values.map(\.entry).filter { $0.flags.contains(.released) == released }.map(\.number).sorted()
    }

    func firstRecording(from number: UInt32, released: Bool) -> ListedRecording? {
        numbers(released: released).first { $0 >= number }.flatMap { recording($0) }
    }

    func firstEvent(from number: UInt32) -> CardEvent? { events.first { $0.number >= number && $0.number > lastAcknowledged } }

    func count(of object: UInt32, from number: UInt32) -> Int {
        object == ObjectNumber.eventLog
            ? events.count { $0.number >= number && $0.number > lastAcknowledged }
            : numbers(released: object == ObjectNumber.releasedList).count { $0 >= number }
    }

    func read(_ recording: UInt32, at offset: UInt64, count: Int) -> ArraySlice<UInt8>? {
        guard recording != unreadable, let bytes = recordings[recording]?.bytes else { return nil }
        return bytes[Int(offset)..<Int(offset) + count]
    }

    mutating func release(_ recording: UInt32, erase: Bool) throws(ControlResult) {
        if erase {
            erased.append(recording)
            recordings[recording] = nil
        } else if let old = recordings[recording] {
            add(recording, old.bytes, flags: old.entry.flags.union(.released), digest: digests[recording])
        }
    }

    mutating func setTime(_ now: UTCTime, minutesEast: Int16) throws(ControlResult) -> ClockAnswer {
        clock = now
        return ClockAnswer(before: CardTime(.sincePowerOn(milliseconds: 61_234), boot: 1), millisecondsSincePowerOn: 61_234)
    }

    mutating func acknowledge(upTo number: UInt32) throws(ControlResult) { lastAcknowledged = number }

    mutating func record(_ command: RecordCommand) throws(ControlResult) -> UInt32 {
        if command == .mark { throw .noSuchObject }
        commands.append(command)
        return 7
    }

    mutating func show(_ note: ScreenNote) { notes.append(note) }

    mutating func find(seconds: UInt8) { finds.append(seconds) }

    mutating func setOwner(_ key: OwnerKey) throws(ControlResult) { ownerKey = key }

    mutating func makeChallenge() -> [UInt8] {
        challenges += 1
        return [UInt8](repeating: challenges, count: 16)
    }
}
