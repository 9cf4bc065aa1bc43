import Ledger
import RecordingStore
import Recordings
import Synchronization
import TestSupport
import Testing

/// Histories drawn from a seed: sessions that end anywhere, processes that end behind any durable step, wrong checksums, a card
/// that lies once, lost answers, a ledger that is lost and made anew. Whatever happened: at the end every recording is here once, byte for byte, and none was released
/// before its bytes were final.
@Suite struct SeededHistoryTests {
    private struct SessionEnds: Error {}

    private struct Draw {
        var state: UInt64

        mutating func next(_ bound: Int) -> Int {
            state ^= state << 13
            state ^= state >> 7
            state ^= state << 17
            return Int(state % UInt64(bound))
        }
    }

    /// The card's side: what it holds, has released, and how it will misbehave.
    private struct Card {
        var objects: [CardObject]
        var released: Set<UInt32> = []
        var lies: Int

        func list(of numbers: (UInt32) -> Bool) -> [ListedRecording] { objects.filter { numbers($0.number) }.map(\.entry) }
    }

    @Test(arguments: 1...12, [false, true])
    func everyHistoryEndsWithEveryRecordingOnce(seed: Int, losesLedgers: Bool) async throws {
        var draw = Draw(state: UInt64(seed) &* 0x9E37_79B9_7F4A_7C15 | 1)
        var card = Card(objects: (1...4).map { CardObject(number: UInt32($0), size: 3000 + draw.next(30_000), seed: $0) }, lies: 1)
        let fuse = Mutex<Int?>(nil)
        let observer: StepObserver = { _ in
            let isBurnt = fuse.withLock { left in
                left = left.map { $0 - 1 }
                return left == 0
            }
            if isBurnt { throw SessionEnds() }
        }
        var (faults, losses) = (0, 0)
        var world = try await StoreWorld(observer: observer)
        for round in 0..<25 {
            fuse.withLock { $0 = round == 0 || draw.next(3) == 0 ? 1 + draw.next(20) : nil }
            do {
                try await session(world, &card, faulty: true, &draw)
            } catch {
                faults += 1
            }
            if draw.next(3) == 0 || fuse.withLock({ ($0 ?? 1) <= 0 }) {
                fuse.withLock { $0 = nil }
                if losesLedgers, draw.next(2) == 0 {
                    losses += 1
                    // What the background writes may be done, or not.
                    if draw.next(2) == 0 { try await world.files.copy() }
                    try await world.loseLedger()
                    try await world.rebuild()
                    world = try await StoreWorld(world.machine, root: world.root, observer: observer)
                } else {
                    world = try await world.reopened(observer: observer)
                }
            }
            world.machine.advance(by: .seconds(70))
        }
        #expect(faults > 0, "a history without a fault shows nothing")
        #expect(!losesLedgers || losses > 0)
        fuse.withLock { $0 = nil }
        for _ in 0..<8 {
            world.machine.advance(by: .seconds(4000))
            try await session(world, &card, faulty: false, &draw)
        }
        #expect(card.released == [1, 2, 3, 4])
        for object in card.objects {
            let info = try await world.recording(object.number)
            #expect(info.state == .proven, "\(info.ref) is \(info.state)")
            #expect(try world.bytes(of: info.id) == object.bytes)
        }
        let stored = try await world.ledger.jobs().items.filter { $0.state == .ready }
        #expect(Set(stored.map(\.key)).count == stored.count)
        #expect(stored.count == 8, "two queues for each recording")
        #expect(try await world.ledger.audit().unexplained == 0)
        #expect(try world.names().allSatisfy { $0.hasSuffix(".opus") || $0.hasSuffix(".json") })
    }

    private func session(_ world: StoreWorld, _ card: inout Card, faulty: Bool, _ draw: inout Draw) async throws {
        _ = try await world.custody.open(world.generation)
        let released = card.released
        let steps = try await world.custody.plan(
            listed: card.list { !released.contains($0) }, released: card.list { released.contains($0) })
        for step in steps {
            switch step {
            case .release(let number, let digest, _):
                try await release(number, digest, world, &card, faulty: faulty, &draw)
            case .pull(let entry):
                guard let object = card.objects.first(where: { $0.number == entry.number }) else { continue }
                try await pull(object, world, &card, faulty: faulty, &draw)
            }
        }
    }

    private func pull(_ object: CardObject, _ world: StoreWorld, _ card: inout Card, faulty: Bool, _ draw: inout Draw) async throws {
        var offset = try await world.custody.begin(object.entry)
        for _ in 0..<3 {
            while offset < object.bytes.count {
                let end = min(object.bytes.count, Int(offset) + 500 + draw.next(8000))
                try await world.send(object.bytes[Int(offset)..<end], of: object)
                if faulty, draw.next(12) == 0 {
                    // The checksum was wrong.
                    try await world.custody.discard(object.number, backTo: offset)
                    continue
                }
                if faulty, draw.next(12) == 0 { throw SessionEnds() }
                offset = try await world.custody.checkpoint(object.number, proven: true)
                #expect(offset == UInt64(end))
            }
            switch try await world.custody.seal(object.entry) {
            case .stored(let digest, _): return try await release(object.number, digest, world, &card, faulty: faulty, &draw)
            case .differs(let resumeAt): offset = resumeAt
            case .setAside: return
            }
        }
    }

    private func release(_ number: UInt32, _ digest: Digest, _ world: StoreWorld, _ card: inout Card, faulty: Bool, _ draw: inout Draw)
        async throws
    {
        guard let object = card.objects.first(where: { $0.number == number }) else { return }
        if faulty, card.lies > 0, draw.next(3) == 0 {
            card.lies -= 1
            _ = try await world.custody.released(number, answer: .digestDiffers)
            return
        }
        guard digest == object.digest else {
            _ = try await world.custody.released(number, answer: .digestDiffers)
            return
        }
        // What the card forgets now must be whole and final here.
        let copies = try await world.ledger.recording(named: world.generation.recordingKey(number))
        #expect(try world.bytes(of: copies.id) == object.bytes)
        card.released.insert(number)
        if faulty, draw.next(4) == 0 { throw SessionEnds() }
        _ = try await world.custody.released(number, answer: .accepted)
    }
}
