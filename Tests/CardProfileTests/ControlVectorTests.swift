import Bytes
import CardProfile
import Recordings
import Testing

/// The vectors of Control Point and Transfer.
@Suite struct ControlVectorTests {
    static func fields(of request: ControlRequest) -> [String: String] {
        switch request {
        case .read(let object, let offset, let length, let limit):
            ["object": "\(object)", "offset": "\(offset)", "length": "\(length)", "limit": "\(limit)"]
        case .release(let recording, let digest, let erase): ["recording": "\(recording)", "SHA-256": "\(digest)", "erase": erase ? "1" : "0"]
        case .setTime(let now, let minutes): ["now": "\(now)", "minutes east of UTC": "\(minutes)"]
        case .acknowledgeEvents(let number): ["up to and including": "\(number)"]
        case .record(let command): ["command": "\(command.rawValue)"]
        case .screen(let note):
            ["seconds": "\(note.seconds)", "style": "\(note.style.rawValue)"].merging(note.text.isEmpty ? [:] : ["text": note.text]) { $1 }
        case .find(let seconds): ["seconds": "\(seconds)"]
        case .own(let key): ["owner key": VectorTests.hex(key.bytes)]
        case .challenge: [:]
        case .prove(let proof): ["proof": VectorTests.hex(proof)]
        }
    }

    @Test func requests() throws {
        var opcodes: Set<UInt8> = []
        for vector in try VectorFile.read("request") {
            let received = try #require(ReceivedRequest(vector.bytes[...]))
            guard case .request(let request) = received.content else {
                Issue.record("\(vector) is refused: \(received.content)")
                continue
            }
            let expected = ["opcode": "\(request.opcode.rawValue)", "tag": "\(received.tag)"].merging(Self.fields(of: request)) { $1 }
            #expect(vector.values == expected, "\(vector)")
            #expect(request.bytes(tag: received.tag) == vector.bytes, "\(vector)")
            opcodes.insert(received.opcode)
        }
        #expect(opcodes == Set(ControlOpcode.allCases.map(\.rawValue)))
    }

    @Test func responses() throws {
        for vector in try VectorFile.read("response") {
            let it = try ControlResponse(vector.bytes[...])
            var expected = ["opcode": "\(it.opcode | 0x80)", "tag": "\(it.tag)", "result": "\(it.result.rawValue)"]
            switch it.answer {
            case .none: break
            case .willFollow(let count): expected["bytes that will follow"] = "\(count)"
            case .clock(let clock):
                expected["card time before"] = VectorTests.text(clock.before.reading)
                expected["ms since power-on"] = "\(clock.millisecondsSincePowerOn)"
                expected["boot"] = "\(clock.before.boot)"
            case .recording(let number): expected["recording"] = "\(number)"
            case .challenge(let challenge): expected["challenge"] = VectorTests.hex(challenge)
            }
            #expect(vector.values == expected, "\(vector)")
            #expect(it.bytes == vector.bytes, "\(vector)")
            if it.result == .success { #expect(throws: ProfileError.self) { try ControlResponse(vector.bytes.prefix(2)) } }
        }
    }

    @Test func transferNotifications() throws {
        for vector in try VectorFile.read("transfer-notification") {
            let it = try #require(TransferNotification(vector.bytes[...]))
            #expect(
                vector.values == [
                    "tag": "\(it.tag)", "flags": it.isLast ? "1" : "0", "sequence": "\(it.sequence)", "payload": VectorTests.hex(it.payload),
                ], "\(vector)")
            #expect(it.bytes == vector.bytes)
        }
    }

    @Test func transferEnds() throws {
        for vector in try VectorFile.read("transfer-end") {
            let it = try #require(TransferNotification(vector.bytes[...]))
            let end = try TransferEnd(it.payload)
            #expect(
                vector.values == [
                    "tag": "\(it.tag)", "flags": it.isLast ? "1" : "0", "sequence": "\(it.sequence)", "CRC-32C": "\(end.checksum)",
                    "result": "\(end.result.rawValue)",
                ], "\(vector)")
            #expect(TransferNotification(tag: it.tag, isLast: true, sequence: it.sequence, payload: end.payload[...]).bytes == vector.bytes)
        }
    }

    @Test func transferWrites() throws {
        for vector in try VectorFile.read("transfer-write") {
            let it = try TransferCommand(vector.bytes[...])
            let (kind, limit): (Int, UInt32) =
                switch it.kind {
                case .credit(let limit): (0, limit)
                case .abort: (1, 0)
                }
            #expect(vector.values == ["tag": "\(it.tag)", "credit or abort": "\(kind)", "limit": "\(limit)"], "\(vector)")
            #expect(it.bytes == vector.bytes)
        }
    }

    @Test func requestsOutOfRangeAreBadParameters() throws {
        let digest = [UInt8](repeating: 1, count: 32)
        let bad: [[UInt8]] = [
            [1, 7], [1, 7] + [UInt8](repeating: 0, count: 23),
            [2, 7, 1, 0, 0, 0] + digest, [2, 7, 1, 0, 0, 0] + digest + [2],
            [3, 7, 0, 0, 0, 0, 0, 0x80, 0, 0],
            [4, 7, 1, 0, 0],
            [5, 7, 4], [6, 7, 0, 2], [6, 7, 0, 0] + [UInt8](repeating: 0x41, count: 49),
            [7, 7], [8, 7] + [UInt8](repeating: 0, count: 31), [9, 7, 1],
        ]
        for bytes in bad {
            let received = try #require(ReceivedRequest(bytes[...]))
            guard case .refused(.badParameter, let cause) = received.content else {
                Issue.record("\(bytes) is read as \(received.content)")
                continue
            }
            #expect(cause != nil && received.tag == 7)
        }
        #expect(ReceivedRequest([0x42, 9])?.content == .refused(.unknownOpcode, cause: nil))
        #expect(ReceivedRequest([1]) == nil)
        // What a later minor version appended is ignored.
        let find = try #require(ReceivedRequest([7, 1, 10, 99, 99]))
        #expect(find.content == .request(.find(seconds: 10)))
    }
}
