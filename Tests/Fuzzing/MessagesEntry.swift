import Bytes
import CardProfile
import Recordings

/// Every structure of the Recorder Card Profile: what is read is written back as it came, but for what the profile says to ignore.
enum MessagesEntry {
    static func run(_ input: [UInt8]) {
        guard let choice = input.first else { return }
        // A slice that does not start at 0, as they come out of batches.
        let bytes = input.dropFirst()
        switch choice % 12 {
        case 0: features(bytes)
        case 1: status(bytes)
        case 2: advertising(bytes)
        case 3: listEntry(bytes)
        case 4: event(bytes)
        case 5: request(bytes)
        case 6: response(bytes)
        case 7: transferCommand(bytes)
        case 8: transferEnd(bytes)
        case 9: notification(bytes)
        case 10: proof(Array(bytes))
        default: checksum(Array(bytes))
        }
    }

    private static func features(_ bytes: ArraySlice<UInt8>) {
        guard let read = try? Features(bytes) else { return check(isShort(bytes, 16) || isOther(bytes), "Features are read when they are whole") }
        check(read.major == 1 && read.listEntrySize >= 48 && read.eventSize >= 24, "Features keep to their bounds")
        check(read.bytes == bytes.prefix(15) + [0], "Features are written as they came")
    }

    private static func isOther(_ bytes: ArraySlice<UInt8>) -> Bool {
        let start = bytes.startIndex
        return bytes[start] != 1 || bytes[start + 2] < 48 || bytes[start + 3] < 24
    }

    private static func isShort(_ bytes: ArraySlice<UInt8>, _ size: Int) -> Bool { bytes.count < size }

    private static func status(_ bytes: ArraySlice<UInt8>) {
        guard let read = try? Status(bytes) else { return check(isShort(bytes, 32), "Status is read when it is whole") }
        check(read.bytes == Array(bytes.prefix(32)), "Status is written as it came")
    }

    private static func advertising(_ bytes: ArraySlice<UInt8>) {
        guard let read = try? AdvertisingPayload(bytes) else { return check(isShort(bytes, 4), "the payload is read when it is whole") }
        check(read.bytes == Array(bytes.prefix(4)), "the payload is written as it came")
    }

    private static func listEntry(_ bytes: ArraySlice<UInt8>) {
        guard let read = try? ListEntry.read(bytes) else { return }
        check(ObjectNumber.recordings.contains(read.number), "an entry's number is a recording's")
        var expected = Array(bytes.prefix(48))
        expected.replaceSubrange(34..<40, with: repeatElement(0, count: 6))
        if !read.flags.contains(.complete) { expected.replaceSubrange(40..<48, with: repeatElement(0, count: 8)) }
        check(ListEntry.bytes(of: read) == expected, "an entry is written as it came")
    }

    private static func event(_ bytes: ArraySlice<UInt8>) {
        guard let read = try? EventEntry.read(bytes) else {
            return check(isShort(bytes, 24) || bytes.prefix(4).allSatisfy { $0 == 0 }, "an event is read when it is whole")
        }
        let written = EventEntry.bytes(of: read)
        check(written.count == EventEntry.size && (try? EventEntry.read(written[...])) == read, "an event is read again as it was")
        if let reading = ClockReading(read) { check(reading.boot == read.time.boot, "a reading is of the boot of its event") }
    }

    private static func request(_ bytes: ArraySlice<UInt8>) {
        guard let read = ReceivedRequest(bytes) else { return check(isShort(bytes, 2), "a request has an opcode and a tag") }
        let start = bytes.startIndex
        check(read.opcode == bytes[start] && read.tag == bytes[start + 1], "opcode and tag are the first two bytes")
        switch read.content {
        case .refused(let result, _):
            let isKnown = ControlOpcode(rawValue: read.opcode) != nil
            check(result == (isKnown ? .badParameter : .unknownOpcode), "a refusal says whether the opcode is known")
        case .request(let request):
            let written = request.bytes(tag: read.tag)
            check(ReceivedRequest(written[...])?.content == read.content, "a request is read again as it was")
            if case .screen(let note) = request {
                check(note.text.utf8.count <= ScreenNote.maximumBytes, "text for the screen is bounded")
                check(!note.text.unicodeScalars.contains { $0.properties.generalCategory == .control }, "and has no control characters")
            } else {
                check(written == Array(bytes.prefix(written.count)), "a request is written as it came")
            }
        }
    }

    private static func response(_ bytes: ArraySlice<UInt8>) {
        guard let read = try? ControlResponse(bytes) else { return }
        check(read.result == .success || read.answer == .none, "a failure has no parameters")
        let written = read.bytes
        check(written.count <= 20 && written == Array(bytes.prefix(written.count)), "a response is written as it came")
    }

    private static func transferCommand(_ bytes: ArraySlice<UInt8>) {
        guard let read = try? TransferCommand(bytes) else { return }
        check(read.bytes.count == 6 && (try? TransferCommand(read.bytes[...])) == read, "a write to Transfer is read again as it was")
    }

    private static func transferEnd(_ bytes: ArraySlice<UInt8>) {
        guard let read = try? TransferEnd(bytes) else { return check(isShort(bytes, 5), "an end is read when it is whole") }
        check(read.payload == Array(bytes.prefix(5)), "an end is written as it came")
    }

    private static func notification(_ bytes: ArraySlice<UInt8>) {
        guard let read = TransferNotification(bytes) else { return check(isShort(bytes, 4), "a notification has a header") }
        var expected = Array(bytes)
        expected[1] &= 1
        check(read.bytes == expected, "a notification is written as it came")
    }

    private static func proof(_ bytes: [UInt8]) {
        guard bytes.count >= 49, let key = OwnerKey(bytes.prefix(32)) else { return }
        let challenge = Array(bytes[32..<48])
        guard let serial = CardSerial(String(decoding: bytes[48...].prefix(32), as: UTF8.self)) else { return }
        var proof = OwnerProof.make(key: key, challenge: challenge, serial: serial)
        check(proof.count == OwnerProof.size && OwnerProof.isValid(proof, key: key, challenge: challenge, serial: serial), "a proof is valid")
        proof[Int(bytes[0]) % proof.count] ^= 1 << (bytes[1] & 7)
        check(!OwnerProof.isValid(proof, key: key, challenge: challenge, serial: serial), "a proof with another bit is not")
    }

    private static func checksum(_ bytes: [UInt8]) {
        guard let first = bytes.first else { return }
        let rest = bytes.dropFirst()
        var checksum = CRC32C()
        let cut = rest.startIndex + min(Int(first), rest.count)
        checksum.update(rest[..<cut])
        checksum.update(rest[cut...])
        check(checksum.value == PlainChecksum.crc32c(rest), "a checksum does not depend on how the bytes are divided")
    }
}
