internal import Bytes
internal import CardProfile
internal import GATT
package import Recordings

/// The durable part of a card but for the objects' bytes, as one block: written whole at each commit, with a checksum.
package struct CardSnapshot: Sendable {
    private static let magic: UInt32 = 0x3143_5345

    var serial: CardSerial
    package var generation: UInt32
    var boot: UInt16
    var lastRecording: UInt32
    package var lastEvent: UInt32
    package var lastAcknowledged: UInt32
    var ownerKey: OwnerKey?
    var bonds: [DeviceAddress]
    /// Those that are not acknowledged.
    package var events: [CardEvent]
    /// Without their bytes; sizes stand beside them.
    var recordings: [(recording: StoredRecording, size: Int)]

    var bytes: [UInt8] {
        var writer = ByteWriter(capacity: 256 + recordings.count * 96 + events.count * EventEntry.size)
        writer.u32(Self.magic)
        writer.u8(UInt8(clamping: serial.description.utf8.count))
        writer.append(serial.description.utf8)
        writer.u32(generation)
        writer.u16(boot)
        writer.u32(lastRecording)
        writer.u32(lastEvent)
        writer.u32(lastAcknowledged)
        writer.u8(ownerKey == nil ? 0 : 1)
        writer.append(ownerKey?.bytes ?? [])
        writer.u8(UInt8(clamping: bonds.count))
        for bond in bonds {
            writer.u8(bond.kind == .public ? 0 : 1)
            writer.u48(bond.bits)
        }
        writer.u32(UInt32(clamping: events.count))
        for event in events { writer.append(EventEntry.bytes(of: event)) }
        writer.u32(UInt32(clamping: recordings.count))
        for (recording, _) in recordings {
            writer.append(ListEntry.bytes(of: recording.listed))
            writer.append(recording.digest?.bytes ?? Array(repeating: 0, count: 32))
            writer.u32(recording.releaseOrder)
            writer.u32(recording.removalEvent)
        }
        var checksum = CRC32C()
        checksum.update(writer.bytes[...])
        writer.u32(checksum.value)
        return writer.bytes
    }

    init(
        serial: CardSerial, generation: UInt32, boot: UInt16, lastRecording: UInt32, log: EventLog, ownerKey: OwnerKey?, bonds: [DeviceAddress],
        recordings: [StoredRecording]
    ) {
        self.serial = serial
        self.generation = generation
        self.boot = boot
        self.lastRecording = lastRecording
        lastEvent = log.last
        lastAcknowledged = log.acknowledged
        self.ownerKey = ownerKey
        self.bonds = bonds
        events = log.events
        self.recordings = recordings.map { ($0, $0.bytes.count) }
    }

    /// What its recordings are; the sizes of their objects stand here, the bytes in the vault.
    package var held: [(recording: HeldRecording, size: Int)] { recordings.map { (HeldRecording($0.recording), $0.size) } }

    /// - Throws: `vaultDamaged`.
    package init(_ bytes: [UInt8]) throws {
        do {
            guard bytes.count > 4 else { throw ParseError(.badValue(UInt64(bytes.count)), at: 0, in: "length") }
            var checksum = CRC32C()
            checksum.update(bytes.dropLast(4))
            var end = ByteReader(bytes.suffix(4))
            guard try end.u32("checksum") == checksum.value else {
                throw ParseError(.badValue(UInt64(checksum.value)), at: bytes.count - 4, in: "checksum")
            }
            var reader = ByteReader(bytes.dropLast(4))
            guard try reader.u32("magic") == Self.magic else { throw ParseError(.badValue(0), at: 0, in: "magic") }
            let text = try reader.take(Int(try reader.u8("length of the serial number")), "serial number")
            guard let serial = CardSerial(String(decoding: text, as: UTF8.self)) else { throw ParseError(.badValue(0), at: 5, in: "serial number") }
            self.serial = serial
            generation = try reader.u32("generation")
            boot = try reader.u16("boot")
            lastRecording = try reader.u32("last recording")
            lastEvent = try reader.u32("last event")
            lastAcknowledged = try reader.u32("last acknowledged")
            ownerKey = try reader.u8("owner") == 0 ? nil : OwnerKey(try reader.take(32, "owner key"))
            bonds = []
            for _ in 0..<(try reader.u8("bonds")) {
                let kind: DeviceAddress.Kind = try reader.u8("kind of address") == 0 ? .public : .random
                bonds.append(DeviceAddress(try reader.u48("address"), kind: kind))
            }
            events = []
            for _ in 0..<(try reader.u32("events")) { events.append(try EventEntry.read(try reader.take(EventEntry.size, "event"))) }
            recordings = []
            for _ in 0..<(try reader.u32("recordings")) {
                let listed = try ListEntry.read(try reader.take(ListEntry.size, "recording"))
                let digest = SHA256Digest(try reader.take(32, "digest"))
                recordings.append(
                    (
                        StoredRecording(
                            number: listed.number, firstEvent: listed.firstEvent, started: listed.started, kind: listed.kind,
                            durationMilliseconds: listed.durationMilliseconds, marks: listed.marks, flags: listed.flags,
                            digest: listed.flags.contains(.complete) ? digest : nil, releaseOrder: try reader.u32("release order"),
                            removalEvent: try reader.u32("removal event")), Int(clamping: listed.size)
                    ))
            }
        } catch {
            throw SoftwareCardError(.vaultDamaged, "What is kept of the card cannot be read.", cause: error)
        }
    }
}
