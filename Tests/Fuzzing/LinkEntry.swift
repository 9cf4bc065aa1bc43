import CardProfile
import Recordings

/// Both sides joined over a line that loses, doubles, swaps and damages values and drops the link as the input says, then brings everything:
/// every byte that is called proven is the card's, and in the end the whole recording is there.
enum LinkEntry {
    static func run(_ input: [UInt8]) {
        var draws = Draws(input)
        guard var card = FuzzedCard(capabilities: []) else { return }
        let size = UInt64(draws.u16() & 0x1FFF)
        card.put(1, size: size, flags: .complete)
        var session = LinkSession(card: card, size: size, valueLength: 20 + draws.number(below: 256), from: draws.bool() ? UInt64(draws.u16()) : 0)
        while !draws.isOver, session.pull(over: &draws) {}
        session.finish()
    }
}

private struct LinkSession: ~Copyable {
    private var card: FuzzedCard
    private var client = ControlPointClient()
    private var server: CardServer
    private let valueLength: Int
    private var pull: RecordingPull
    private var held: [UInt8]
    /// Which bytes of `held` a right checksum covered.
    private var isCovered: [Bool]
    private let start: Int
    /// How much was held when the pull began: what came before is none of its business.
    private var before = 0

    init(card: FuzzedCard, size: UInt64, valueLength: Int, from offset: UInt64) {
        self.card = card
        self.valueLength = valueLength
        pull = RecordingPull(recording: 1, size: size, from: offset)
        start = Int(pull.offset)
        held = []
        isCovered = []
        server = CardServer(valueLength: valueLength)
        connect()
    }

    /// A new link: both sides begin anew from what is held.
    private mutating func connect() {
        pull = RecordingPull(recording: 1, size: pull.size, from: pull.offset)
        before = held.count
        server = CardServer(valueLength: valueLength)
        server.controlPointSubscribed(true)
        server.transferSubscribed(true)
        client = ControlPointClient()
    }

    /// One READ.
    ///
    /// - Returns: whether there is more to do.
    mutating func pull(over line: inout Draws) -> Bool {
        guard let request = try? pull.nextRead() else { return false }
        guard let (tag, value) = try? client.begin(request), case .accepted(let bytes) = server.controlPointWritten(value[...], &card),
            let response = try? client.received(bytes[...]), response.result == .success
        else {
            check(false, "a READ inside of a recording is answered with success")
            return false
        }
        _ = server.responseConfirmed()
        let begin = held.count
        var receiver = TransferReceiver(tag: tag, most: pull.pieceLength)
        let isLinked = run(&receiver, tag, &line)
        if isLinked { settle(receiver.progress, from: begin) } else { connect() }
        return true
    }

    /// - Returns: false when the link is lost or worth nothing.
    private mutating func run(_ receiver: inout TransferReceiver, _ tag: UInt8, _ line: inout Draws) -> Bool {
        var waiting: [[UInt8]] = []
        var isDamaged = false
        while receiver.progress == .more {
            switch server.nextTransferStep(card) {
            case .send(let value, _):
                switch line.byte() % 64 {
                case 1: break  // lost
                case 2: waiting += [value, value]
                case 3: waiting.insert(value, at: 0)
                case 4:  // held back until the next one
                    waiting.append(value)
                    continue
                case 5 where !isDamaged:
                    isDamaged = true
                    var damaged = value
                    damaged[line.number(below: damaged.count)] ^= max(1, line.byte())
                    waiting.append(damaged)
                case 6: return false
                case 7: transferWritten(tag, .abort)
                default: waiting.append(value)
                }
                for value in waiting where !receive(value, &receiver) { return false }
                waiting = []
            case .waitForCredit:
                guard let limit = receiver.creditDue() else {
                    receiver.miss()
                    break
                }
                transferWritten(tag, .credit(limit: limit))
            case .idle:
                for value in waiting where !receive(value, &receiver) { return false }
                waiting = []
                receiver.miss()
            case .waitForData: check(false, "nothing is followed here")
            }
        }
        // The card ends what the gateway gives up.
        if case .gap(isOver: false) = receiver.progress {
            transferWritten(tag, .abort)
            while case .send(let value, _) = server.nextTransferStep(card) { guard receive(value, &receiver) else { return false } }
        }
        // A damaged value may look like the last one: the next READ is then answered with busy, which ends the session.
        check(isDamaged || !server.isTransferring, "a transfer is over on both sides")
        return !server.isTransferring
    }

    private mutating func transferWritten(_ tag: UInt8, _ kind: TransferCommand.Kind) {
        server.transferWritten(TransferCommand(tag: tag, kind).bytes[...])
    }

    private mutating func receive(_ value: [UInt8], _ receiver: inout TransferReceiver) -> Bool {
        var payload: [UInt8] = []
        guard (try? receiver.receive(value[...], into: &payload)) != nil else { return false }
        held += payload
        isCovered += [Bool](repeating: false, count: payload.count)
        pull.took(payload.count)
        return true
    }

    private mutating func settle(_ progress: TransferReceiver.Progress, from begin: Int) {
        if case .ended(_, checksumIsRight: true) = progress {
            for index in begin..<held.count {
                check(held[index] == FuzzedCard.content(1, UInt64(start + index)), "a byte under a right checksum is the card's")
                isCovered[index] = true
            }
        }
        switch pull.ended(progress) {
        case .proven: check(!isCovered[before...].contains(false), "what is called proven is covered by right checksums")
        case .kept: break
        case .throwAway(let back):
            held.removeLast(held.count - (Int(back) - start))
            isCovered.removeLast(isCovered.count - held.count)
        }
        check(Int(pull.offset) == start + held.count, "the next byte wanted is the one behind those held")
    }

    /// From here on the line brings everything: the rest comes, whatever was before.
    mutating func finish() {
        var clean = Draws([])
        var pieces = 0
        while pull(over: &clean) {
            pieces += 1
            check(pieces <= RecordingPull.patience + 1, "a clean line brings a recording of one piece in one READ")
        }
        check(pull.isWhole || pieces == 0, "a recording is whole in the end")
    }
}
