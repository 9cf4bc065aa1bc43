package import Bytes
package import Recordings

/// What a gateway asks of a card over the Control Point (Recorder Card Profile, Control Point).
package enum ControlRequest: Hashable, Sendable {
    /// `limit`: data notifications numbered below it may be sent before the first credit.
    case read(object: UInt32, offset: UInt64, length: UInt64, limit: UInt32)
    /// `erase`: at once; else the card keeps the bytes until it needs the space.
    case release(recording: UInt32, digest: SHA256Digest, erase: Bool)
    case setTime(now: UTCTime, minutesEast: Int16)
    case acknowledgeEvents(upTo: UInt32)
    case record(RecordCommand)
    case screen(ScreenNote)
    case find(seconds: UInt8)
    case own(OwnerKey)
    /// PROVE without parameters.
    case challenge
    /// PROVE with its 32 bytes; see `OwnerProof`.
    case prove(proof: [UInt8])

    package var opcode: ControlOpcode {
        switch self {
        case .read: .read
        case .release: .release
        case .setTime: .setTime
        case .acknowledgeEvents: .acknowledgeEvents
        case .record: .record
        case .screen: .screen
        case .find: .find
        case .own: .own
        case .challenge, .prove: .prove
        }
    }

    /// The value to write.
    package func bytes(tag: UInt8) -> [UInt8] {
        var writer = ByteWriter(capacity: 64)
        writer.u8(opcode.rawValue)
        writer.u8(tag)
        switch self {
        case .read(let object, let offset, let length, let limit):
            writer.u32(object)
            writer.u64(offset)
            writer.u64(length)
            writer.u32(limit)
        case .release(let recording, let digest, let erase):
            writer.u32(recording)
            writer.append(digest.bytes)
            writer.u8(erase ? 1 : 0)
        case .setTime(let now, let minutesEast):
            writer.u48(CardTime.Reading.utc(now).wire)
            writer.i16(minutesEast)
        case .acknowledgeEvents(let number): writer.u32(number)
        case .record(let command): writer.u8(command.rawValue)
        case .screen(let note):
            writer.u8(note.seconds)
            writer.u8(note.style.rawValue)
            writer.append(note.text.utf8)
        case .find(let seconds): writer.u8(seconds)
        case .own(let key): writer.append(key.bytes)
        case .challenge: break
        case .prove(let proof): writer.append(proof)
        }
        return writer.bytes
    }

    /// Reads the parameters behind opcode and tag. What a later minor version appended is ignored, but behind SCREEN's text
    /// there is nothing.
    package init(_ opcode: ControlOpcode, parameters: inout ByteReader) throws(ParseError) {
        switch opcode {
        case .read:
            self = .read(
                object: try parameters.u32("object"), offset: try parameters.u64("offset"), length: try parameters.u64("length"),
                limit: try parameters.u32("limit"))
        case .release:
            let recording = try parameters.u32("recording")
            let start = parameters.offset
            guard let digest = SHA256Digest(try parameters.take(32, "SHA-256")) else { throw ParseError(.badValue(0), at: start, in: "SHA-256") }
            let mode = try Self.value(of: &parameters, "erase", upTo: 1)
            self = .release(recording: recording, digest: digest, erase: mode == 1)
        case .setTime:
            let start = parameters.offset
            let wire = try parameters.u48("now")
            guard case .utc(let now) = CardTime.Reading(wire: wire) else { throw ParseError(.badValue(wire), at: start, in: "now") }
            self = .setTime(now: now, minutesEast: try parameters.i16("minutes east of UTC"))
        case .acknowledgeEvents: self = .acknowledgeEvents(upTo: try parameters.u32("up to and including"))
        case .record:
            let start = parameters.offset
            let number = try parameters.u8("command")
            guard let command = RecordCommand(rawValue: number) else { throw ParseError(.badValue(UInt64(number)), at: start, in: "command") }
            self = .record(command)
        case .screen:
            let seconds = try parameters.u8("seconds")
            let style: ScreenNote.Style = try Self.value(of: &parameters, "style", upTo: 1) == 0 ? .note : .alert
            let start = parameters.offset
            let text = parameters.rest()
            guard text.count <= ScreenNote.maximumBytes else { throw ParseError(.badValue(UInt64(text.count)), at: start, in: "length of the text") }
            self = .screen(ScreenNote(String(decoding: text, as: UTF8.self), style: style, seconds: seconds))
        case .find: self = .find(seconds: try parameters.u8("seconds"))
        case .own:
            let start = parameters.offset
            guard let key = OwnerKey(try parameters.take(32, "owner key")) else { throw ParseError(.badValue(0), at: start, in: "owner key") }
            self = .own(key)
        case .prove:
            self = parameters.left == 0 ? .challenge : .prove(proof: Array(try parameters.take(OwnerProof.size, "proof")))
        }
    }

    private static func value(of reader: inout ByteReader, _ field: String, upTo most: UInt8) throws(ParseError) -> UInt8 {
        let start = reader.offset
        let value = try reader.u8(field)
        guard value <= most else { throw ParseError(.badValue(UInt64(value)), at: start, in: field) }
        return value
    }
}
