import CardProfile
import Recordings
import Testing

/// Both sessions joined without a radio, over a line that drops, doubles, swaps and damages values by a seed.
@Suite struct LoopbackTests {
    struct Line {
        var random: UInt64
        var dropOneIn: UInt64 = .max
        var doubleOneIn: UInt64 = .max
        var swapOneIn: UInt64 = .max
        var damageOneIn: UInt64 = .max
        private var held: [UInt8]?

        init(seed: UInt64) { random = seed &* 0x9E37_79B9_7F4A_7C15 | 1 }

        private mutating func happens(oneIn chance: UInt64) -> Bool {
            random ^= random << 13
            random ^= random >> 7
            random ^= random << 17
            return chance != .max && random % chance == 0
        }

        mutating func carry(_ value: [UInt8]) -> [[UInt8]] {
            var out: [[UInt8]] = []
            if !happens(oneIn: dropOneIn) {
                var value = value
                if happens(oneIn: damageOneIn), let last = value.indices.last { value[last] ^= 0x10 }
                if held == nil, happens(oneIn: swapOneIn) {
                    held = value
                } else {
                    out.append(value)
                    if happens(oneIn: doubleOneIn) { out.append(value) }
                }
            }
            if !out.isEmpty, let late = held {
                out.append(late)
                held = nil
            }
            return out
        }
    }

    /// One READ from request to end; what the line has not brought when the card has nothing more to say is missing.
    static func read(
        _ request: ControlRequest, most: UInt64, _ server: inout CardServer, _ client: inout ControlPointClient, _ card: inout PlainCard,
        _ line: inout Line
    ) throws -> (payload: [UInt8], progress: TransferReceiver.Progress) {
        let (tag, value) = try client.begin(request)
        guard case .accepted(let bytes) = server.controlPointWritten(value[...], &card) else { throw ProfileError(.busy, "refused") }
        _ = server.responseConfirmed()
        let response = try #require(try client.received(bytes[...]))
        #expect(response.result == .success)
        var receiver = TransferReceiver(tag: tag, most: most)
        var payload: [UInt8] = []
        while true {
            switch server.nextTransferStep(card) {
            case .send(let value, _):
                for copy in line.carry(value) { _ = try receiver.receive(copy[...], into: &payload) }
                if case .gap(isOver: false) = receiver.progress { server.transferWritten(TransferCommand(tag: tag, .abort).bytes[...]) }
            case .waitForCredit:
                let limit = receiver.creditDue()
                if limit == nil {
                    receiver.miss()
                    server.transferWritten(TransferCommand(tag: tag, .abort).bytes[...])
                } else if let limit {
                    server.transferWritten(TransferCommand(tag: tag, .credit(limit: limit)).bytes[...])
                }
            case .waitForData: throw ProfileError(.outOfOrder, "nothing is followed here")
            case .idle:
                receiver.miss()
                return (payload, receiver.progress)
            }
        }
    }

    static func line(_ seed: UInt64) -> Line {
        var line = Line(seed: seed)
        if seed % 2 == 0 { line.dropOneIn = 40 + seed % 60 }
        if seed % 3 == 0 { line.doubleOneIn = 20 }
        if seed % 5 != 0 { line.swapOneIn = 15 }
        if seed % 7 == 0 { line.damageOneIn = 400 }
        return line
    }

    @Test(arguments: 1...60)
    func everyByteOfARecordingArrivesOnceWhateverTheLineDoes(seed: UInt64) throws {
        let bytes = (0..<40_000).map { UInt8(truncatingIfNeeded: $0 &* 167 &+ $0 >> 8) }
        var card = try #require(PlainCard())
        card.add(1, bytes)
        var server = CardServer(valueLength: Int(20 + seed * 7))
        server.controlPointSubscribed(true)
        server.transferSubscribed(true)
        var client = ControlPointClient()
        var line = Self.line(seed)
        var pull = RecordingPull(recording: 1, size: UInt64(bytes.count), from: 0)
        var kept: [UInt8] = []
        var damaged = 0
        while let request = try pull.nextRead() {
            let (payload, progress): ([UInt8], TransferReceiver.Progress)
            do {
                (payload, progress) = try Self.read(request, most: pull.pieceLength, &server, &client, &card, &line)
            } catch let error as ProfileError where error.code == .malformed || error.code == .tooMuch {
                continue
            }
            kept += payload
            pull.took(payload.count)
            if case .throwAway(let start) = pull.ended(progress) {
                kept.removeLast(kept.count - Int(start))
                damaged += 1
            }
        }
        let isWhole = pull.isWhole
        #expect(isWhole)
        if line.damageOneIn == .max {
            #expect(kept == bytes && damaged == 0)
        } else {
            // Damage before a gap is kept unproven: only the digest of the whole finds it.
            #expect(kept.count == bytes.count)
        }
    }

    @Test(arguments: 1...30)
    func listsAndLogsComeWholeAcrossGaps(seed: UInt64) throws {
        var card = try #require(PlainCard())
        for number in [1, 2, 5, 6, 7, 40, 41, 900] as [UInt32] {
            card.add(number, [1, 2, 3], flags: number == 6 ? [.complete, .released] : .complete)
        }
        card.log(300)
        card.lastAcknowledged = 10
        var server = CardServer(valueLength: 20 + Int(seed))
        server.controlPointSubscribed(true)
        server.transferSubscribed(true)
        var client = ControlPointClient()
        var line = Self.line(seed)
        line.damageOneIn = .max
        var log = EventEntry.log(from: 5, card.features)
        var rounds = 0
        while let request = log.request(), rounds < 200 {
            rounds += 1
            let (payload, progress) = try Self.read(request, most: log.mostBytes, &server, &client, &card, &line)
            log.append(payload)
            if try log.ended(progress) { break }
        }
        let events = log.entries
        #expect(events.map(\.number) == Array(11...300))
        var line2 = Line(seed: seed)
        var lists: [[UInt32]] = []
        for released in [false, true] {
            var list = ListEntry.list(released: released, card.features)
            let first = list.request()
            let request = try #require(first)
            let (payload, progress) = try Self.read(request, most: list.mostBytes, &server, &client, &card, &line2)
            list.append(payload)
            let isWhole = try list.ended(progress)
            #expect(isWhole)
            lists.append(list.entries.map(\.number))
        }
        #expect(lists == [[1, 2, 5, 7, 40, 41, 900], [6]])
    }

    @Test func aRecordingThatGrowsIsFollowedToItsEnd() throws {
        var card = try #require(PlainCard())
        card.add(1, [UInt8](0..<40), flags: .inProgress)
        var server = CardServerTests.subscribed()
        let response = try CardServerTests.ask(.read(object: 1, offset: 0, length: ObjectNumber.follow, limit: 100), &server, &card)
        #expect(response.answer == .willFollow(.max))
        var receiver = TransferReceiver(tag: 3, most: 1000)
        var payload: [UInt8] = []
        func pump() throws -> OutgoingTransfer.Step {
            while true {
                let step = server.nextTransferStep(card)
                guard case .send(let value, _) = step else { return step }
                _ = try receiver.receive(value[...], into: &payload)
            }
        }
        #expect(try pump() == .waitForData && payload == [UInt8](0..<32), "whole values only")
        card.add(1, [UInt8](0..<50), flags: .inProgress)
        #expect(try pump() == .waitForData && payload == [UInt8](0..<48))
        card.add(1, [UInt8](0..<51), flags: [])
        #expect(try pump() == .waitForData && payload == [UInt8](0..<48), "stopped, and its end not yet written")
        card.add(1, [UInt8](0..<53))
        #expect(try pump() == .idle && payload == [UInt8](0..<53))
        let progress = receiver.progress
        #expect(progress == .ended(.success, checksumIsRight: true))
    }

    @Test func whatIsLoggedBehindAShorterValueShowsInTheNextREAD() throws {
        var card = try #require(PlainCard())
        card.log(1)
        var server = CardServer(valueLength: 100)
        server.controlPointSubscribed(true)
        server.transferSubscribed(true)
        var log = EventEntry.log(from: 1, card.features)
        for tag in [1, 2] as [UInt8] {
            let next = log.request()
            let request = try #require(next)
            _ = try CardServerTests.ask(request, &server, &card, tag: tag)
            var receiver = TransferReceiver(tag: tag, most: log.mostBytes)
            var payload: [UInt8] = []
            var lengths: [Int] = []
            while case .send(let value, _) = server.nextTransferStep(card) {
                lengths.append(value.count)
                _ = try receiver.receive(value[...], into: &payload)
                if tag == 1 { card.log(1) }
            }
            #expect(lengths == [4 + 24 * Int(tag), 9], "all values are equally long but for the last of the data")
            log.append(payload)
            _ = try log.ended(receiver.progress)
        }
        let events = log.entries
        #expect(events.map(\.number) == [1, 2, 3])
    }

    @Test func abortAndStorageFaultEndWithAChecksum() throws {
        var card = try #require(PlainCard())
        card.add(1, [UInt8](repeating: 9, count: 100))
        var server = CardServerTests.subscribed()
        for (fault, result) in [(false, ControlResult.aborted), (true, .storageFault)] {
            card.unreadable = nil
            _ = try CardServerTests.ask(.read(object: 1, offset: 0, length: 0, limit: 2), &server, &card)
            var receiver = TransferReceiver(tag: 3, most: 1000)
            var payload: [UInt8] = []
            while case .send(let value, _) = server.nextTransferStep(card) { _ = try receiver.receive(value[...], into: &payload) }
            #expect(payload.count == 32)
            server.transferWritten(TransferCommand(tag: 4, .abort).bytes[...])
            server.transferWritten([3, 0])
            let waiting = server.nextTransferStep(card)
            #expect(waiting == .waitForCredit, "another transfer's abort, and half a command")
            if fault { card.unreadable = 1 }
            server.transferWritten(TransferCommand(tag: 3, fault ? .credit(limit: 50) : .abort).bytes[...])
            while case .send(let value, _) = server.nextTransferStep(card) { _ = try receiver.receive(value[...], into: &payload) }
            let progress = receiver.progress
            #expect(progress == .ended(result, checksumIsRight: true) && payload.count == 32)
        }
    }

    @Test func theControlPointTakesOneRequestAtATimeAndKnowsItsResponseByTag() throws {
        var client = ControlPointClient()
        let (tag, value) = try client.begin(.find(seconds: 1))
        #expect(value == [7, tag, 1])
        let busy = #expect(throws: ProfileError.self) { _ = try client.begin(.challenge) }
        #expect(busy?.code == .busy)
        let stale = try client.received([0x87, tag &- 1, 0])
        #expect(stale == nil)
        let wrong = #expect(throws: ProfileError.self) { _ = try client.received([0x86, tag, 0]) }
        #expect(wrong?.code == .outOfOrder)
        let right = try client.received([0x87, tag, 6])
        #expect(right?.result == .busy)
        let twice = try client.received([0x87, tag, 6])
        #expect(twice == nil)
        let next = try client.begin(.challenge)
        #expect(next.tag == tag &+ 1)
    }

    @Test func aCardThatBringsNothingFurtherIsGivenUp() throws {
        var pull = RecordingPull(recording: 1, size: 100, from: 40)
        for _ in 0..<RecordingPull.patience {
            let request = try pull.nextRead()
            #expect(request == .read(object: 1, offset: 40, length: 60, limit: 128))
            pull.took(5)
            let verdict = pull.ended(.ended(.success, checksumIsRight: false))
            #expect(verdict == .throwAway(backTo: 40))
        }
        let repeated = pull.takeRepeated()
        #expect(repeated == UInt64(5 * (RecordingPull.patience - 1)))
        #expect(throws: ProfileError.self) { _ = try pull.nextRead() }
    }

    private static let proven = TransferReceiver.Progress.ended(.success, checksumIsRight: true)

    @Test func nothingIsReadThatNoChecksumHasProven() throws {
        let card = try #require(PlainCard())
        let event = CardEvent(number: 7, time: CardTime(.sincePowerOn(milliseconds: 1), boot: 1), what: .poweredOn)
        var log = EventEntry.log(from: 5, card.features)
        for progress in [.gap(isOver: true), .ended(.success, checksumIsRight: false), .more] as [TransferReceiver.Progress] {
            _ = log.request()
            log.append(EventEntry.bytes(of: event))
            let isWhole = try log.ended(progress)
            let entries = log.entries
            #expect(!isWhole && entries.isEmpty)
        }
        let request = log.request()
        #expect(request == .read(object: .max, offset: 5, length: 32, limit: 128), "smaller pieces after each that was interrupted")
        log.append(EventEntry.bytes(of: event))
        let isWhole = try log.ended(Self.proven)
        let entries = log.entries
        #expect(isWhole && entries == [event])
    }

    @Test func aListThatGoesBackOrNeverEndsIsRefused() throws {
        let card = try #require(PlainCard())
        func entry(_ number: UInt32) -> [UInt8] {
            EventEntry.bytes(of: CardEvent(number: number, time: CardTime(.sincePowerOn(milliseconds: 1), boot: 1), what: .poweredOn))
        }
        var log = EventEntry.log(from: 5, card.features)
        _ = log.request()
        log.append(entry(4))
        let below = #expect(throws: ProfileError.self) { try log.ended(Self.proven) }
        #expect(below?.code == .outOfOrder)
        var again = EventEntry.log(from: 5, card.features)
        _ = again.request()
        again.append(entry(5) + entry(10) + entry(9))
        let back = #expect(throws: ProfileError.self) { try again.ended(Self.proven) }
        #expect(back?.code == .outOfOrder)
        var last = EventEntry.log(from: 5, card.features)
        _ = last.request()
        // The highest number there is: nothing is left to ask for.
        last.append(entry(.max))
        _ = try last.ended(Self.proven)
        let none = last.request()
        #expect(none == nil)
    }
}
