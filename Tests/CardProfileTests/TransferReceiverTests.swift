import Bytes
import CardProfile
import Testing

@Suite struct TransferReceiverTests {
    static func value(_ sequence: Int, _ payload: [UInt8], tag: UInt8 = 7, isLast: Bool = false) -> ArraySlice<UInt8> {
        // Behind a strange byte: slices do not start at 0.
        ([0xEE] + TransferNotification(tag: tag, isLast: isLast, sequence: UInt16(truncatingIfNeeded: sequence), payload: payload[...]).bytes)
            .dropFirst()
    }

    static func last(_ sequence: Int, of payload: [UInt8], result: ControlResult = .success) -> ArraySlice<UInt8> {
        var crc = CRC32C()
        crc.update(payload[...])
        return value(sequence, TransferEnd(checksum: crc.value, result: result).payload, isLast: true)
    }

    static let parts: [[UInt8]] = (0..<8).map { [UInt8($0), UInt8($0) &* 3] }

    @Test func valuesInAnyOrderWithinTheWindowComeOutInOrderAndProven() throws {
        var receiver = TransferReceiver(tag: 7, most: 100)
        var out: [UInt8] = []
        for number in [1, 0, 0, 3, 4, 4, 2, 7, 6, 5] { _ = try receiver.receive(Self.value(number, Self.parts[number]), into: &out) }
        _ = try receiver.receive(Self.value(0, [9], tag: 8), into: &out)
        _ = try receiver.receive([7, 0], into: &out)
        let ignored = receiver.ignored
        #expect(out == Self.parts.flatMap(\.self) && ignored == 4)
        let end = try receiver.receive(Self.last(8, of: out), into: &out)
        #expect(end == .ended(.success, checksumIsRight: true))
        // The end stays the end.
        let after = try receiver.receive(Self.value(9, [1]), into: &out)
        #expect(after == end && out.count == 16)
    }

    @Test func aWrongChecksumIsTold() throws {
        var receiver = TransferReceiver(tag: 7, most: 100)
        var out: [UInt8] = []
        _ = try receiver.receive(Self.value(0, [1, 2, 3]), into: &out)
        let end = try receiver.receive(Self.last(1, of: [1, 2, 4], result: .aborted), into: &out)
        #expect(end == .ended(.aborted, checksumIsRight: false))
    }

    @Test func whatIsMissingWhenTheLastCameIsAGap() throws {
        var receiver = TransferReceiver(tag: 7, most: 100)
        var out: [UInt8] = []
        for number in [0, 1, 3] { _ = try receiver.receive(Self.value(number, Self.parts[number]), into: &out) }
        let end = try receiver.receive(Self.last(4, of: []), into: &out)
        let discarded = receiver.discarded
        #expect(end == .gap(isOver: true) && out == [0, 0, 1, 3] && discarded == 2)
    }

    @Test func whatIsMissingWhenThirtyTwoLaterOnesCameIsAGap() throws {
        var receiver = TransferReceiver(tag: 7, most: 1000)
        var out: [UInt8] = []
        _ = try receiver.receive(Self.value(0, [1]), into: &out)
        for number in 2..<33 {
            let progress = try receiver.receive(Self.value(number, [2]), into: &out)
            #expect(progress == .more)
        }
        let gap = try receiver.receive(Self.value(33, [2]), into: &out)
        #expect(gap == .gap(isOver: false) && out == [1])
        let late = try receiver.receive(Self.value(1, [9]), into: &out)
        #expect(late == .gap(isOver: false) && out == [1], "too late")
        let discarded = receiver.discarded
        #expect(discarded == 33)
        let over = try receiver.receive(Self.last(34, of: []), into: &out)
        #expect(over == .gap(isOver: true))
        let credit = receiver.creditDue()
        #expect(credit == nil)
    }

    @Test func creditMovesByThirtyTwoAndStaysAtMost128Ahead() throws {
        var receiver = TransferReceiver(tag: 7, most: 1000)
        var out: [UInt8] = []
        var limits: [UInt32] = []
        for number in 0..<100 {
            _ = try receiver.receive(Self.value(number, [1]), into: &out)
            if let limit = receiver.creditDue() {
                #expect(limit == UInt32(number + 1) + 128)
                limits.append(limit)
            }
        }
        let repeated = receiver.repeatedCredit
        #expect(limits == [160, 192, 224] && repeated == 224)
    }

    @Test func theSequenceGoesOnBehind65535() throws {
        var receiver = TransferReceiver(tag: 7, most: 1 << 20)
        var out: [UInt8] = []
        for pair in stride(from: 0, to: 70_000, by: 2) {
            for number in [pair + 1, pair] { _ = try receiver.receive(Self.value(number, [UInt8(truncatingIfNeeded: number)]), into: &out) }
            _ = receiver.creditDue()
        }
        #expect(out == (0..<70_000).map { UInt8(truncatingIfNeeded: $0) })
        let end = try receiver.receive(Self.last(70_000, of: out), into: &out)
        #expect(end == .ended(.success, checksumIsRight: true))
    }

    @Test func aCardThatBreaksTheRulesIsTold() throws {
        var out: [UInt8] = []
        var unlimited = TransferReceiver(tag: 7, most: 1000)
        let beyond = #expect(throws: ProfileError.self) { _ = try unlimited.receive(Self.value(128, [1]), into: &out) }
        #expect(beyond?.code == .tooMuch)
        var small = TransferReceiver(tag: 7, most: 3)
        let tooMuch = #expect(throws: ProfileError.self) { _ = try small.receive(Self.value(0, [1, 2, 3, 4]), into: &out) }
        #expect(tooMuch?.code == .tooMuch)
        var empty = TransferReceiver(tag: 7, most: 3)
        let without = #expect(throws: ProfileError.self) { _ = try empty.receive(Self.value(0, []), into: &out) }
        #expect(without?.code == .malformed)
        var torn = TransferReceiver(tag: 7, most: 3)
        let end = #expect(throws: ProfileError.self) { _ = try torn.receive(Self.value(0, [1, 2], isLast: true), into: &out) }
        #expect(end?.code == .malformed && out.isEmpty)
    }
}
