internal import Bytes
package import Recordings

/// One entry of the lists of recordings (Recorder Card Profile, List entry): 48 bytes, which are read into, and written from,
/// the `ListedRecording` that all share.
package enum ListEntry {
    /// Its size in version 1.0; Features says how long a card's entries are.
    package static let size = 48

    /// What a later minor version appended is ignored.
    package static func read(_ bytes: ArraySlice<UInt8>) throws(ProfileError) -> ListedRecording {
        do throws(ParseError) {
            var reader = ByteReader(bytes)
            let number = try reader.u32("recording")
            guard ObjectNumber.recordings.contains(number) else { throw ParseError(.badValue(UInt64(number)), at: 0, in: "recording") }
            let firstEvent = try reader.u32("first event number")
            let size = try reader.u64("size")
            let started = CardTime.Reading(wire: try reader.u48("started"))
            let boot = try reader.u16("boot")
            let duration = try reader.u32("duration ms")
            let kind = RecordingKind(number: try reader.u16("kind"))
            let flags = ListedFlags(rawValue: try reader.u16("flags"))
            let marks = try reader.u16("marks")
            _ = try reader.take(6, "reserved")
            let prefix = try reader.take(8, "first 8 bytes of the SHA-256")
            return ListedRecording(
                number: number, size: size, started: CardTime(started, boot: boot), durationMilliseconds: duration, kind: kind, marks: marks,
                flags: flags, firstEvent: firstEvent, digestPrefix: flags.contains(.complete) ? Array(prefix) : nil)
        } catch {
            throw ProfileError(.malformed, "An entry of the card's list cannot be read", cause: error)
        }
    }

    package static func bytes(of recording: ListedRecording) -> [UInt8] {
        var writer = ByteWriter(capacity: size)
        writer.u32(recording.number)
        writer.u32(recording.firstEvent)
        writer.u64(recording.size)
        writer.u48(recording.started.reading.wire)
        writer.u16(recording.started.boot)
        writer.u32(recording.durationMilliseconds)
        writer.u16(recording.kind.number)
        writer.u16(recording.flags.rawValue)
        writer.u16(recording.marks)
        writer.zeros(6)
        let prefix = (recording.digestPrefix ?? []).prefix(8)
        writer.append(prefix)
        writer.zeros(8 - prefix.count)
        return writer.bytes
    }

    /// Puts one of the two lists together.
    package static func list(released: Bool, _ features: Features) -> EntryAssembler<ListedRecording> {
        EntryAssembler(
            object: released ? ObjectNumber.releasedList : ObjectNumber.list, from: 0, size: features.listEntrySize, most: Limits.listEntries,
            number: { $0.number }, read: read)
    }

    /// The first entry at or behind a number, of those not released.
    package static func entry(of number: UInt32, _ features: Features) -> EntryAssembler<ListedRecording> {
        EntryAssembler(
            object: ObjectNumber.list, from: number, size: features.listEntrySize, most: 1, length: 1, number: { $0.number }, read: read)
    }
}
