import CardProfile
import Recordings

/// The gateway's side of a link, told anything in any order: what it calls proven is covered by right checksums, and everything that comes
/// is bounded.
enum ClientEntry {
    static func run(_ input: [UInt8]) {
        var draws = Draws(input)
        switch draws.byte() % 4 {
        case 0: controlPoint(&draws)
        case 1: lists(&draws)
        default: recording(&draws)
        }
    }

    // MARK: Control Point

    private static func controlPoint(_ draws: inout Draws) {
        var client = ControlPointClient()
        var waiting: (opcode: ControlOpcode, tag: UInt8)?
        while !draws.isOver {
            switch draws.byte() % 5 {
            case 0, 1:
                let requests: [ControlRequest] = [
                    .challenge, .find(seconds: 3), .record(.memo), .acknowledgeEvents(upTo: 4), .read(object: 1, offset: 0, length: 0, limit: 128),
                ]
                let request = draws.pick(requests)
                if let (tag, value) = try? client.begin(request) {
                    check(waiting == nil, "one request at a time")
                    check(value.count >= 2 && value[0] == request.opcode.rawValue && value[1] == tag, "a request begins with opcode and tag")
                    waiting = (request.opcode, tag)
                } else {
                    check(waiting != nil, "a request is refused only while another one waits")
                }
            case 2:
                client.refused()
                waiting = nil
            case 3: received(draws.bytes(draws.number(below: 32)), &client, &waiting)
            default:
                var value = ControlResponse(opcode: draws.byte(), tag: waiting?.tag ?? 0, result: ControlResult(rawValue: draws.byte() & 3)).bytes
                if let waiting, draws.bool() { value[0] = waiting.opcode.rawValue | 0x80 }
                received(value + draws.bytes(draws.number(below: 32)), &client, &waiting)
            }
        }
    }

    private static func received(_ value: [UInt8], _ client: inout ControlPointClient, _ waiting: inout (opcode: ControlOpcode, tag: UInt8)?) {
        guard let response = try? client.received(value[...]) else { return }
        check(waiting?.tag == response.tag && waiting?.opcode.rawValue == response.opcode, "a response is the one that is waited for")
        waiting = nil
    }

    // MARK: Lists and the event log

    private static func lists(_ draws: inout Draws) {
        var features = Features(capabilities: [], generation: 1, buttons: 1, screenColumns: 0, screenRows: 0)
        if draws.bool() { (features.listEntrySize, features.eventSize) = (UInt8(48 + draws.number(below: 40)), UInt8(24 + draws.number(below: 40))) }
        if draws.bool() {
            var log = EventEntry.log(from: draws.u32(), features)
            assemble(&draws, &log, size: Int(features.eventSize), entry: { EventEntry.bytes(of: FuzzedCard.event($0)) }, number: { $0.number })
        } else {
            var list = ListEntry.list(released: draws.bool(), features)
            assemble(
                &draws, &list, size: Int(features.listEntrySize),
                entry: { number in
                    var card = FuzzedCard(capabilities: [])
                    card?.put(number, size: 9, flags: .complete)
                    return card?.recording(number).map { ListEntry.bytes(of: $0) } ?? []
                }, number: { $0.number })
        }
    }

    private static func assemble<Entry: Sendable & Equatable>(
        _ draws: inout Draws, _ assembler: inout EntryAssembler<Entry>, size: Int, entry: (UInt32) -> [UInt8], number: (Entry) -> UInt32
    ) {
        var (last, sent): (UInt32, UInt32) = (0, 0)
        while !draws.isOver {
            let before = assembler.entries
            switch draws.byte() % 6 {
            case 0:
                guard let request = assembler.request() else { return }
                guard case .read(_, let offset, let length, TransferReceiver.creditAhead) = request else {
                    return check(false, "a list is READ")
                }
                check(offset > last || last == 0, "a READ goes on behind the last entry")
                check((1...256).contains(length) && assembler.mostBytes == length * UInt64(size), "a READ of a list is bounded")
            case 1:
                let isWhole = try? assembler.ended(draws.pick([.more, .gap(isOver: true), .ended(.success, checksumIsRight: false)]))
                check(isWhole == false && assembler.entries == before, "what no checksum has proven is not read")
            case 2:
                let result = ControlResult(rawValue: draws.byte() & 1)
                guard let isWhole = try? assembler.ended(.ended(result, checksumIsRight: true)) else { return }
                check(!isWhole || result == .success, "a list is whole only when the card said so")
                check(assembler.entries.starts(with: before), "what was there stays")
            case 3: assembler.append(draws.bytes(draws.number(below: 128)))
            default:
                sent = draws.bool() ? sent &+ 1 : draws.u32()
                let bytes = entry(sent)
                assembler.append(bytes + [UInt8](repeating: 0xEE, count: max(0, size - bytes.count)))
            }
            let numbers = assembler.entries.map(number)
            check(zip(numbers, numbers.dropFirst()).allSatisfy { $0 < $1 }, "numbers rise")
            last = numbers.last ?? 0
        }
    }

    // MARK: A recording

    private static func recording(_ draws: inout Draws) {
        let size = UInt64(draws.u16())
        let begin = draws.bool() ? UInt64(draws.u16()) : 0
        var pull = RecordingPull(recording: 3, size: size, from: begin)
        var held = HeldBytes(from: pull.offset)
        check(pull.offset <= size, "a pull begins inside of the recording")
        while !draws.isOver {
            guard let read = try? pull.nextRead() else { return }
            guard case .read(3, let offset, let length, _) = read else { return check(false, "a recording is READ") }
            check(offset == held.end && offset + length <= size && length > 0 && length <= RecordingPull.piece, "a READ asks for what is missing")
            guard let progress = transfer(&draws, &pull, &held, from: offset, most: length) else { return }
            switch pull.ended(progress) {
            case .proven: check(held.isProven, "what is called proven is covered by right checksums")
            case .kept: break
            case .throwAway(let back):
                check(back == offset, "a wrong checksum throws away what its transfer brought")
                held.cut(to: back)
            }
            check(pull.offset == held.end, "the next byte wanted is the one behind those held")
        }
    }

    /// - Returns: nil when the card broke the rules, which ends the session.
    private static func transfer(
        _ draws: inout Draws, _ pull: inout RecordingPull, _ held: inout HeldBytes, from offset: UInt64, most: UInt64
    ) -> TransferReceiver.Progress? {
        let tag = draws.byte()
        var receiver = TransferReceiver(tag: tag, most: most)
        var sender = FuzzedSender(tag: tag)
        var payload: [UInt8] = []
        var discarded: UInt64 = 0
        while !draws.isOver, receiver.progress == .more {
            let before = payload.count
            switch draws.byte() % 12 {
            case 10: receiver.miss()
            case 11:
                if let limit = receiver.creditDue() {
                    check(limit == receiver.repeatedCredit && limit > sender.limit, "credit rises")
                    sender.limit = limit
                    check(receiver.creditDue() == nil, "credit is due once")
                }
            case let choice:
                let value = sender.value(choice, &draws, received: payload)
                guard let progress = try? receiver.receive(value[...], into: &payload) else { return nil }
                check(progress == receiver.progress, "the progress is what was returned")
            }
            check(UInt64(payload.count) == receiver.bytes && receiver.bytes <= most, "payload is bounded by what was asked for")
            check(payload.count >= before && receiver.discarded >= discarded, "nothing given out is taken back")
            check(payload.count - before <= 33 * FuzzedSender.longest, "one value gives out at most what waited for it")
            discarded = receiver.discarded
        }
        held.append(payload)
        pull.took(payload.count)
        guard receiver.progress != .more else { return nil }
        if case .ended(_, let isRight) = receiver.progress {
            let sum = PlainChecksum.crc32c(payload)
            check(isRight ? sender.sums.contains(sum) : sender.sums.contains { $0 != sum }, "a checksum is right when it is that of the payload")
            if isRight { held.prove(from: offset) }
        }
        return receiver.progress
    }
}

/// The bytes of one recording on the gateway's side, and which of them a right checksum covered.
private struct HeldBytes {
    private let start: UInt64
    private var isCovered: [Bool] = []

    init(from start: UInt64) { self.start = start }

    var end: UInt64 { start + UInt64(isCovered.count) }
    var isProven: Bool { !isCovered.contains(false) }

    mutating func append(_ payload: [UInt8]) { isCovered += [Bool](repeating: false, count: payload.count) }

    mutating func cut(to end: UInt64) { isCovered.removeLast(isCovered.count - Int(end - start)) }

    mutating func prove(from offset: UInt64) {
        for index in Int(offset - start)..<isCovered.count { isCovered[index] = true }
    }
}

/// A card that sends values as the input says.
private struct FuzzedSender {
    static let longest = 64

    let tag: UInt8
    var limit = TransferReceiver.creditAhead
    /// The checksums that it sent under this tag.
    private(set) var sums: Set<UInt32> = []
    private var next: UInt16 = 0

    init(tag: UInt8) { self.tag = tag }

    mutating func value(_ choice: UInt8, _ draws: inout Draws, received: [UInt8]) -> [UInt8] {
        switch choice {
        case 0...4:
            defer { next &+= 1 }
            return data(next, &draws)
        case 5: return data(next &+ UInt16(draws.byte() & 63) &- 16, &draws)
        case 6: return data(draws.u16(), &draws)
        case 7: return last(next, PlainChecksum.crc32c(received), draws.byte())
        case 8: return last(draws.bool() ? next : draws.u16(), draws.u32(), draws.byte())
        default:
            let raw = draws.bytes(draws.number(below: Self.longest))
            if let notification = TransferNotification(raw[...]), notification.tag == tag, notification.isLast,
                let end = try? TransferEnd(notification.payload)
            {
                sums.insert(end.checksum)
            }
            return raw
        }
    }

    private func data(_ sequence: UInt16, _ draws: inout Draws) -> [UInt8] {
        let payload = draws.bytes(draws.number(below: Self.longest))
        return TransferNotification(tag: tag, isLast: false, sequence: sequence, payload: payload[...]).bytes
    }

    private mutating func last(_ sequence: UInt16, _ sum: UInt32, _ result: UInt8) -> [UInt8] {
        sums.insert(sum)
        let end = TransferEnd(checksum: sum, result: ControlResult(rawValue: result & 15))
        return TransferNotification(tag: tag, isLast: true, sequence: sequence, payload: end.payload[...]).bytes
    }
}
