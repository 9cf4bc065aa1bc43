import Bytes
import CardProfile
import Recordings
import Testing

/// Every vector of docs/vectors is read to the fields it names and written back byte for byte.
@Suite struct VectorTests {
    static func text(_ reading: CardTime.Reading) -> String {
        switch reading {
        case .utc(let time): time.description
        case .sincePowerOn(let milliseconds): "\(milliseconds) ms since power-on"
        }
    }

    static func hex(_ bytes: some Sequence<UInt8>) -> String {
        bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }

    @Test func features() throws {
        for vector in try VectorFile.read("features") {
            let it = try Features(vector.bytes[...])
            #expect(
                vector.values == [
                    "major": "\(it.major)", "minor": "\(it.minor)", "list entry size": "\(it.listEntrySize)", "event size": "\(it.eventSize)",
                    "capability bits": "\(it.capabilities.rawValue)", "storage generation": "\(it.generation)", "buttons": "\(it.buttons)",
                    "screen columns": "\(it.screenColumns)", "screen rows": "\(it.screenRows)",
                ], "\(vector)")
            #expect(it.bytes == vector.bytes && it.bytes.count == Features.size)
        }
    }

    @Test func status() throws {
        for vector in try VectorFile.read("status") {
            let it = try Status(vector.bytes[...])
            let state: UInt8 = it.state == .idle ? 0 : it.state == .recording ? 1 : .max
            #expect(
                vector.values == [
                    "state": "\(state)", "flags": "\(it.flags.rawValue)", "unsynced": "\(it.unsynced)",
                    "recording in progress": "\(it.recordingInProgress)", "total KiB": "\(it.totalKiB)", "free KiB": "\(it.freeKiB)",
                    "card time": Self.text(it.time.reading), "last event number": "\(it.lastEvent)", "boot": "\(it.time.boot)",
                    "last event acknowledged": "\(it.lastAcknowledged)",
                ], "\(vector)")
            #expect(it.bytes == vector.bytes && it.bytes.count == Status.size)
        }
    }

    @Test func advertising() throws {
        for vector in try VectorFile.read("advertising") {
            let it = try AdvertisingPayload(vector.bytes[...])
            #expect(
                vector.values == [
                    "flags": "\(it.flags.rawValue)", "unsynced recordings": "\(it.unsynced)", "change token": "\(it.changeToken)",
                ], "\(vector)")
            #expect(it.bytes == vector.bytes && it.bytes.count == AdvertisingPayload.size)
        }
    }

    @Test func listEntries() throws {
        for vector in try VectorFile.read("list-entry") {
            let it = try ListEntry.read(vector.bytes[...])
            #expect(
                vector.values == [
                    "recording": "\(it.number)", "first event number": "\(it.firstEvent)", "size": "\(it.size)",
                    "started": Self.text(it.started.reading), "boot": "\(it.started.boot)", "duration ms": "\(it.durationMilliseconds)",
                    "kind": "\(it.kind.number)", "flags": "\(it.flags.rawValue)", "marks": "\(it.marks)",
                    "first 8 bytes of the SHA-256": it.digestPrefix.map(Self.hex) ?? "0000000000000000",
                ], "\(vector)")
            #expect((it.digestPrefix != nil) == it.flags.contains(.complete))
            #expect(ListEntry.bytes(of: it) == vector.bytes && vector.bytes.count == ListEntry.size)
        }
    }

    @Test func events() throws {
        var kinds: Set<String> = []
        for vector in try VectorFile.read("event") {
            let it = try EventEntry.read(vector.bytes[...])
            let values = vector.values
            #expect(values["number"] == "\(it.number)" && values["boot"] == "\(it.time.boot)" && values["time"] == Self.text(it.time.reading))
            let (button, gesture, recording, offset): (UInt8, UInt8, UInt32, UInt32) =
                switch it.what {
                case .button(let which, let how, let during, let at): (which.number, how.number, during ?? 0, at)
                case .recordingStarted(let number), .recordingStopped(let number), .deletedByUser(let number), .lost(let number),
                    .formatted(let number):
                    (0, 0, number, 0)
                case .mark(let number, let at): (0, 0, number, at)
                case .other(_, let which, let how, let during, let at): (which, how, during, at)
                default: (0, 0, 0, 0)
                }
            #expect(values["button"] == "\(button)" && values["gesture"] == "\(gesture)", "\(vector)")
            #expect(values["recording"] == "\(recording)" && values["offset ms"] == "\(offset)", "\(vector)")
            if case .other(let kind, _, _, _, _) = it.what { #expect(values["kind"] == "\(kind)" && kind > 12) }
            kinds.insert(values["kind"] ?? "")
            #expect(ClockReading(it) == nil)
            #expect(EventEntry.bytes(of: it) == vector.bytes && vector.bytes.count == EventEntry.size)
        }
        #expect(kinds.count == 12, "each kind of the profile but 9, and one more")
    }

    @Test func clockSetEvents() throws {
        for vector in try VectorFile.read("event-clock-set") {
            let it = try EventEntry.read(vector.bytes[...])
            guard case .clockSet(let before) = it.what else {
                Issue.record("\(vector) is read as \(it.what)")
                continue
            }
            #expect(
                vector.values == [
                    "number": "\(it.number)", "time": Self.text(it.time.reading), "kind": "9", "button": "0", "gesture": "0",
                    "clock before": Self.text(before.reading), "boot": "\(it.time.boot)",
                ], "\(vector)")
            if case .sincePowerOn = before.reading {
                let powerOn = UTCTime("2026-11-23T09:13:58.766Z")
                #expect(powerOn != nil && ClockReading(it)?.powerOn == powerOn && ClockReading(it)?.boot == 13)
                #expect(ClockReading(it)?.mend(before) == UTCTime("2026-11-23T09:15:00.000Z"))
            } else {
                #expect(ClockReading(it) == nil)
            }
            #expect(EventEntry.bytes(of: it) == vector.bytes)
        }
    }

    @Test func checksums() throws {
        for vector in try VectorFile.readComputed("crc32c") {
            var crc = CRC32C()
            let input = try #require(vector["input"]?.text)
            crc.update(VectorFile.Vector.bytes(input)[...])
            #expect(crc.value == vector["output"]?.number)
        }
    }

    @Test func ownerProofs() throws {
        for vector in try VectorFile.readComputed("owner-proof") {
            func text(_ name: String) throws -> String { try #require(vector[name]?.text) }
            func bytes(_ name: String) throws -> [UInt8] { VectorFile.Vector.bytes(try text(name)) }
            let keyBytes = try bytes("key")
            let key = try #require(OwnerKey(keyBytes))
            let serialText = try text("serial")
            let serial = try #require(CardSerial(serialText))
            let challenge = try bytes("challenge")
            var proof = OwnerProof.make(key: key, challenge: challenge, serial: serial)
            #expect(proof == (try bytes("proof")))
            #expect(OwnerProof.isValid(proof, key: key, challenge: challenge, serial: serial))
            proof[31] ^= 1
            #expect(!OwnerProof.isValid(proof, key: key, challenge: challenge, serial: serial))
            #expect(!OwnerProof.isValid([], key: key, challenge: challenge, serial: serial))
        }
    }
}
