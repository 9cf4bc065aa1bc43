import Bytes
import CardProfile
import GATT
import Recordings
import SoftwareCard
import Testing

/// The plainest gateway: asks one thing at a time and checks every value that comes.
final class TestGateway: Sendable {
    let peripheral: any Peripheral
    private let control: ValueStream
    private let transfer: ValueStream
    private let tags = WaitableState<UInt8>(0)

    init(peripheral: any Peripheral, control: ValueStream, transfer: ValueStream) {
        self.peripheral = peripheral
        self.control = control
        self.transfer = transfer
    }

    struct Read {
        var bytes: [UInt8] = []
        var result: ControlResult
        /// Of the transfer's end; nil when READ itself was refused.
        var crcIsRight: Bool?
    }

    @discardableResult
    func ask(_ request: ControlRequest) async throws -> ControlResponse {
        let tag = tags.change { tag in
            tag &+= 1
            return tag
        }
        try await peripheral.write(request.bytes(tag: tag), to: ServedCharacteristic.controlPoint, within: CardWorld.patience)
        let answers = try await control.next()
        let response = try ControlResponse(answers[0])
        #expect(answers.count == 1 && response.tag == tag && response.opcode == request.opcode.rawValue)
        return response
    }

    /// Reads to the end, with credit for 64 values at first, moved on by 32.
    func read(_ object: UInt32, from offset: UInt64 = 0, length: UInt64 = 0) async throws -> Read {
        let response = try await ask(.read(object: object, offset: offset, length: length, limit: 64))
        guard response.result == .success else { return Read(result: response.result) }
        var read = Read(result: .success)
        var (expected, limit): (UInt16, UInt32) = (0, 64)
        var checksum = CRC32C()
        while true {
            let values = try await transfer.next()
            for position in 0..<values.count {
                let value = try #require(TransferNotification(values[position]))
                #expect(value.tag == response.tag && value.sequence == expected)
                expected &+= 1
                if value.isLast {
                    let end = try TransferEnd(value.payload)
                    read.result = end.result
                    read.crcIsRight = end.checksum == checksum.value
                    return read
                }
                checksum.update(value.payload)
                read.bytes += value.payload
            }
            if UInt32(expected) + 32 >= limit {
                limit += 32
                let credit = TransferCommand(tag: response.tag, .credit(limit: limit))
                try await peripheral.writeWithoutResponse(credit.bytes, to: ServedCharacteristic.transfer)
            }
        }
    }

    func list(_ object: UInt32 = ObjectNumber.list) async throws -> [ListedRecording] {
        let read = try await read(object)
        #expect(read.crcIsRight == true)
        return try stride(from: 0, to: read.bytes.count, by: ListEntry.size).map { try ListEntry.read(read.bytes[$0..<$0 + ListEntry.size]) }
    }

    func events(from number: UInt64 = 1) async throws -> [CardEvent] {
        let read = try await read(ObjectNumber.eventLog, from: number)
        #expect(read.crcIsRight == true)
        return try stride(from: 0, to: read.bytes.count, by: EventEntry.size).map { try EventEntry.read(read.bytes[$0..<$0 + EventEntry.size]) }
    }

    func status() async throws -> Status {
        try Status(try await peripheral.read(ServedCharacteristic.status, within: CardWorld.patience)[...])
    }
}
