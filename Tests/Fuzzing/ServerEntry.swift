import CardProfile
import Recordings

/// The card's side of a link, told anything in any order: it answers within its grammar, gives nothing away while it is locked, keeps to the
/// credit, and what it sends is what its checksum says.
enum ServerEntry {
    static func run(_ input: [UInt8]) {
        var draws = Draws(input)
        let valueLength = 20 + draws.number(below: 256)
        guard let card = FuzzedCard(capabilities: Capabilities(rawValue: UInt32(draws.byte()))) else { return }
        var world = ServerWorld(card: card, valueLength: valueLength)
        world.prepare(&draws)
        while !draws.isOver { world.step(&draws) }
    }
}

/// One link and what must be true of it.
private struct ServerWorld: ~Copyable {
    private var card: FuzzedCard
    private var server: CardServer
    private var valueLength: Int
    private var isSubscribed = false
    private var isTransferSubscribed = false
    private var isResponding = false
    private var isOpened = false
    private var challenge: [UInt8]?
    private var transfer: SentTransfer?

    init(card: FuzzedCard, valueLength: Int) {
        self.card = card
        self.valueLength = valueLength
        server = CardServer(valueLength: valueLength)
    }

    mutating func prepare(_ draws: inout Draws) {
        let choices = draws.byte()
        if choices & 1 == 1 { card.ownerKey = OwnerKey([UInt8](repeating: 0x5A, count: 32)) }
        if choices & 2 == 0 { subscribe() }
        card.put(1, size: UInt64(draws.u16()), flags: .complete)
        card.put(2, size: UInt64(draws.byte()), flags: .inProgress)
        card.put(3, size: 0, flags: .complete)
        card.put(900, size: 5, flags: [.complete, .released])
        card.logEvents(UInt32(draws.byte()))
    }

    private mutating func subscribe() {
        server.controlPointSubscribed(true)
        server.transferSubscribed(true)
        (isSubscribed, isTransferSubscribed) = (true, true)
    }

    mutating func step(_ draws: inout Draws) {
        switch draws.byte() % 17 {
        case 0, 1, 2: write(request(&draws).bytes(tag: draws.byte()))
        case 3: write(draws.bytes(draws.number(below: 64)))
        case 4, 5:
            if server.responseConfirmed() { check(card.ownerKey != nil, "only a wrong proof ends the link") }
            isResponding = false
        case 6: send(draws.bytes(draws.number(below: 12)))
        case 7: credit(UInt32(draws.byte()) &+ (transfer?.limit ?? 0), tag: transfer?.tag ?? draws.byte())
        case 8: credit(draws.u32(), tag: draws.byte())
        case 9:
            transfer?.isAborted = true
            server.transferWritten(TransferCommand(tag: transfer?.tag ?? 0, .abort).bytes[...])
        case 10:
            isTransferSubscribed = draws.bool()
            server.transferSubscribed(isTransferSubscribed)
            if !isTransferSubscribed { transfer = nil }
        case 11:
            isSubscribed = draws.bool()
            server.controlPointSubscribed(isSubscribed)
        case 12:
            card.grow(2, by: UInt64(draws.u16() & 0xFFF))
            if draws.byte() & 7 == 0 { card.change(2, to: draws.bool() ? .complete : []) }
        case 13:
            if draws.bool() { card.logEvents(UInt32(draws.byte())) } else { card.delete(UInt32(draws.byte() & 3)) }
        case 14:
            // The link was asked for longer values: a transfer keeps the length that it began with.
            valueLength = 20 + draws.number(below: 256)
            server.valueLength = valueLength
        default: for _ in 0..<draws.number(below: 64) where !take() { break }
        }
        check(server.isTransferring == (transfer != nil), "a transfer lasts from READ to its last value")
        check(server.mayNotifyEvents(card) == (isOpened || card.ownerKey == nil), "events are told only over an opened link")
    }

    private func request(_ draws: inout Draws) -> ControlRequest {
        switch draws.byte() % 12 {
        case 0, 1, 2:
            let object = draws.pick([0, 1, 2, 3, 4, 900, ObjectNumber.releasedList, ObjectNumber.eventLog, draws.u32()])
            let length = draws.pick([0, 1, UInt64(draws.byte()), ObjectNumber.follow, draws.u64()])
            return .read(object: object, offset: draws.bool() ? UInt64(draws.byte()) : draws.u64(), length: length, limit: UInt32(draws.byte()))
        case 3:
            let number = UInt32(draws.byte() & 3)
            let digest = FuzzedCard.digest(of: draws.byte() & 7 == 0 ? 77 : number)
            return digest.map { .release(recording: number, digest: $0, erase: draws.bool()) } ?? .challenge
        case 4: return .acknowledgeEvents(upTo: UInt32(draws.byte()))
        case 5: return .record(RecordCommand(rawValue: draws.byte() & 3) ?? .stop)
        case 6: return .screen(ScreenNote(String(decoding: draws.bytes(60), as: UTF8.self), seconds: draws.byte()))
        case 7: return .find(seconds: draws.byte())
        case 8: return OwnerKey([UInt8](repeating: draws.byte(), count: 32)).map { .own($0) } ?? .challenge
        case 9: return .challenge
        case 10:
            guard let key = card.ownerKey, let challenge else { return .prove(proof: draws.bytes(32)) }
            return .prove(proof: OwnerProof.make(key: key, challenge: challenge, serial: card.serial))
        default: return .setTime(now: UTCTime(milliseconds: Int64(draws.u32()) * 1000), minutesEast: Int16(truncatingIfNeeded: Int(draws.u16())))
        }
    }

    // MARK: Control Point

    private mutating func write(_ value: [UInt8]) {
        let before = card
        let wasTransferring = server.isTransferring
        switch server.controlPointWritten(value[...], &card) {
        case .refused(let code):
            let expected =
                !isSubscribed
                ? CardServer.attNotSubscribed : isResponding ? CardServer.attProcedureInProgress : CardServer.attInvalidLength
            check(code == expected && (isSubscribed && !isResponding) == (code == CardServer.attInvalidLength), "a refusal says why")
            check(code != CardServer.attInvalidLength || value.count < 2, "only a short write has a wrong length")
        case .accepted(let bytes):
            check(isSubscribed && !isResponding && value.count >= 2, "a write is accepted only when it may come")
            isResponding = true
            answered(value, bytes, before, wasTransferring: wasTransferring)
        }
    }

    private mutating func answered(_ value: [UInt8], _ bytes: [UInt8], _ before: FuzzedCard, wasTransferring: Bool) {
        guard let response = try? ControlResponse(bytes[...]) else { return check(false, "a response can be read") }
        check(response.opcode == value[0] & 0x7F && response.tag == value[1], "a response names its request")
        check(response.result.rawValue <= ControlResult.aborted.rawValue, "a result is one of the profile's")
        check(response.bytes == bytes, "a response has nothing behind its parameters")
        check(response.result == .success || bytes.count == 3, "a failure has no parameters")
        if before.ownerKey != nil, !isOpened, value[0] != ControlOpcode.prove.rawValue {
            check(response.result == .notPermitted && bytes.count == 3, "a locked card says only that it is locked")
        }
        guard response.result == .success, let received = ReceivedRequest(value[...]), case .request(let request) = received.content else { return }
        switch (request, response.answer) {
        case (.read(let object, let offset, let length, let limit), .willFollow(let count)):
            check(isTransferSubscribed && !wasTransferring, "a READ begins only when there is room for it")
            transfer = SentTransfer(
                tag: response.tag, object: object, offset: offset, limit: limit, valueLength: valueLength,
                // A recording that is followed has no end yet.
                willFollow: length == ObjectNumber.follow && count == length ? nil : count)
        case (.release(let number, let digest, _), .none):
            check(digest == FuzzedCard.digest(of: number) && card.released.contains(number), "only the right digest releases")
        case (.challenge, .challenge(let new)): challenge = new
        case (.prove(let proof), .none):
            guard let key = before.ownerKey, let challenge else { return check(false, "a proof needs an owner and a challenge") }
            check(proof == OwnerProof.make(key: key, challenge: challenge, serial: card.serial), "only the right proof opens")
            isOpened = true
        case (.own(let key), .none):
            check(before.ownerKey == nil || isOpened, "only an opened link sets the owner")
            check(card.ownerKey == key, "the owner is set")
            isOpened = true
        case (.setTime, .clock), (.record, .recording), (.acknowledgeEvents, .none), (.screen, .none), (.find, .none): break
        default: check(false, "\(request) is not answered by \(response.answer)")
        }
    }

    // MARK: Transfer

    private mutating func send(_ value: [UInt8]) {
        if let command = try? TransferCommand(value[...]), command.tag == transfer?.tag { transfer?.obey(command.kind) }
        server.transferWritten(value[...])
    }

    private mutating func credit(_ limit: UInt32, tag: UInt8) { send(TransferCommand(tag: tag, .credit(limit: limit)).bytes) }

    /// - Returns: whether a value came.
    private mutating func take() -> Bool {
        switch server.nextTransferStep(card) {
        case .idle:
            check(transfer == nil, "a transfer that runs is not idle")
            return false
        case .waitForCredit:
            check(transfer.map { $0.sent >= $0.limit } == true, "a transfer waits only without credit")
            return false
        case .waitForData:
            check(card.sizes[2]?.flags.contains(.complete) == false, "only a recording that grows is waited for")
            return false
        case .send(let value, let isLast):
            guard transfer != nil else {
                check(false, "nothing is sent without a READ")
                return false
            }
            transfer?.took(value, isLast: isLast)
            if isLast { transfer = nil }
            return true
        }
    }
}

/// What one transfer must look like.
private struct SentTransfer {
    let tag: UInt8
    let object: UInt32
    let offset: UInt64
    var limit: UInt32
    let valueLength: Int
    let willFollow: UInt64?
    var isAborted = false
    private(set) var sent: UInt32 = 0
    private var payload: [UInt8] = []
    private var endsNow = false

    init(tag: UInt8, object: UInt32, offset: UInt64, limit: UInt32, valueLength: Int, willFollow: UInt64?) {
        self.tag = tag
        self.object = object
        self.offset = offset
        self.limit = limit
        self.valueLength = valueLength
        self.willFollow = willFollow
    }

    mutating func obey(_ command: TransferCommand.Kind) {
        switch command {
        case .credit(let new): limit = max(limit, new)
        case .abort: isAborted = true
        }
    }

    mutating func took(_ value: [UInt8], isLast: Bool) {
        guard let notification = TransferNotification(value[...]) else { return check(false, "a value has a header") }
        check(value.count <= valueLength, "a value is no longer than the link takes")
        check(notification.tag == tag && notification.isLast == isLast, "a value belongs to its READ")
        check(notification.sequence == UInt16(truncatingIfNeeded: sent), "values are numbered one by one")
        if isLast {
            guard let end = try? TransferEnd(notification.payload), notification.payload.count == 5 else { return check(false, "an end is an end") }
            check(end.checksum == PlainChecksum.crc32c(payload), "the checksum is of the payload")
            check(end.result == .aborted || !isAborted, "an abort ends a transfer")
            if end.result == .success, ObjectNumber.recordings.contains(object), let willFollow {
                check(UInt64(payload.count) == willFollow, "as many bytes come as were announced")
            }
        } else {
            check(sent < limit && !isAborted, "data keeps to the credit")
            check(!endsNow && !notification.payload.isEmpty, "values are equally long but for the last")
            endsNow = value.count < valueLength
            payload += notification.payload
            if ObjectNumber.recordings.contains(object) {
                let start = offset + UInt64(payload.count - notification.payload.count)
                let isRight = notification.payload.enumerated().allSatisfy { $1 == FuzzedCard.content(object, start + UInt64($0)) }
                check(isRight, "the bytes are the recording's")
            }
        }
        sent += 1
    }
}
