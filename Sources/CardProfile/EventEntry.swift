internal import Bytes
package import Recordings

/// One event of the log or of the Events characteristic (Recorder Card Profile, Events): 24 bytes, which are read into, and written from,
/// the `CardEvent` that all share.
package enum EventEntry {
    /// Its size in version 1.0; Features says how long a card's events are.
    package static let size = 24

    private enum Kind {
        static let button: UInt8 = 1
        static let recordingStarted: UInt8 = 2
        static let recordingStopped: UInt8 = 3
        static let mark: UInt8 = 4
        static let batteryLow: UInt8 = 5
        static let storageNearlyFull: UInt8 = 6
        static let storageFull: UInt8 = 7
        static let poweredOn: UInt8 = 8
        static let clockSet: UInt8 = 9
        static let deletedByUser: UInt8 = 10
        static let lost: UInt8 = 11
        static let formatted: UInt8 = 12
    }

    /// What a later minor version appended is ignored; a kind that this version does not know is kept as it came.
    package static func read(_ bytes: ArraySlice<UInt8>) throws(ProfileError) -> CardEvent {
        do throws(ParseError) {
            var reader = ByteReader(bytes)
            let number = try reader.u32("number")
            guard number > 0 else { throw ParseError(.badValue(0), at: 0, in: "number") }
            let reading = CardTime.Reading(wire: try reader.u48("time"))
            let kind = try reader.u8("kind")
            let button = try reader.u8("button")
            let gesture = try reader.u8("gesture")
            _ = try reader.u8("reserved")
            let recording = try reader.u32("recording")
            let offset = try reader.u32("offset ms")
            let boot = try reader.u16("boot")
            let what: CardEvent.What =
                switch kind {
                case Kind.button:
                    .button(Button(number: button), Gesture(number: gesture), recording: recording == 0 ? nil : recording, offset: offset)
                case Kind.recordingStarted: .recordingStarted(recording)
                case Kind.recordingStopped: .recordingStopped(recording)
                case Kind.mark: .mark(recording: recording, offset: offset)
                case Kind.batteryLow: .batteryLow
                case Kind.storageNearlyFull: .storageNearlyFull
                case Kind.storageFull: .storageFull
                case Kind.poweredOn: .poweredOn
                case Kind.clockSet:
                    .clockSet(before: CardTime(CardTime.Reading(wire: UInt64(recording) | UInt64(offset & 0xFFFF) << 32), boot: boot))
                case Kind.deletedByUser: .deletedByUser(recording)
                case Kind.lost: .lost(recording)
                case Kind.formatted: .formatted(last: recording)
                default: .other(kind: kind, button: button, gesture: gesture, recording: recording, offset: offset)
                }
            return CardEvent(number: number, time: CardTime(reading, boot: boot), what: what)
        } catch {
            throw ProfileError(.malformed, "An event of the card cannot be read", cause: error)
        }
    }

    package static func bytes(of event: CardEvent) -> [UInt8] {
        var (kind, button, gesture): (UInt8, UInt8, UInt8) = (0, 0, 0)
        var (recording, offset): (UInt32, UInt32) = (0, 0)
        switch event.what {
        case .button(let which, let how, let during, let at):
            (kind, button, gesture, recording, offset) = (Kind.button, which.number, how.number, during ?? 0, at)
        case .recordingStarted(let number): (kind, recording) = (Kind.recordingStarted, number)
        case .recordingStopped(let number): (kind, recording) = (Kind.recordingStopped, number)
        case .mark(let number, let at): (kind, recording, offset) = (Kind.mark, number, at)
        case .batteryLow: kind = Kind.batteryLow
        case .storageNearlyFull: kind = Kind.storageNearlyFull
        case .storageFull: kind = Kind.storageFull
        case .poweredOn: kind = Kind.poweredOn
        case .clockSet(let before):
            let wire = before.reading.wire
            (kind, recording, offset) = (Kind.clockSet, UInt32(truncatingIfNeeded: wire), UInt32(truncatingIfNeeded: wire >> 32))
        case .deletedByUser(let number): (kind, recording) = (Kind.deletedByUser, number)
        case .lost(let number): (kind, recording) = (Kind.lost, number)
        case .formatted(let last): (kind, recording) = (Kind.formatted, last)
        case .other(let number, let which, let how, let during, let at):
            (kind, button, gesture, recording, offset) = (number, which, how, during, at)
        }
        var writer = ByteWriter(capacity: size)
        writer.u32(event.number)
        writer.u48(event.time.reading.wire)
        writer.u8(kind)
        writer.u8(button)
        writer.u8(gesture)
        writer.zeros(1)
        writer.u32(recording)
        writer.u32(offset)
        writer.u16(event.time.boot)
        return writer.bytes
    }

    /// Puts the event log together, from a number on.
    package static func log(from first: UInt32, _ features: Features) -> EntryAssembler<CardEvent> {
        EntryAssembler(
            object: ObjectNumber.eventLog, from: first, size: features.eventSize, most: Limits.events, number: { $0.number }, read: read)
    }
}
