import EventLoop
import Glibc
import Synchronization
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(10))) struct ReceiveLoopTests {
    /// What one socket's sink was told.
    final class Record: Sendable {
        private let packets = Mutex<[[UInt8]]>([])
        private let end = Mutex<SystemError?>(nil)
        let received = Counter()
        let ended = Counter()

        func take(_ event: borrowing ReceiveLoop.Event) {
            switch event {
            case .packets(let batch):
                packets.withLock { packets in
                    for position in 0..<batch.count { packets.append(unsafe batch.withBytes(of: position) { unsafe Array($0) }) }
                }
                received.increment(by: batch.count)
            case .ended: ended.increment()
            case .failed(let error):
                end.withLock { $0 = error }
                ended.increment()
            }
        }

        var all: [[UInt8]] { packets.withLock { $0 } }
        var error: SystemError? { end.withLock { $0 } }
    }

    static func pair() throws -> (DescriptorSlot, DescriptorSlot) {
        var pair = try SeqpacketPair()
        guard let first = pair.takeFirst(), let second = pair.takeSecond() else { throw SystemError(code: EBADF, call: "socketpair") }
        return (DescriptorSlot(first), DescriptorSlot(second))
    }

    /// Waits until nobody has the other end. A child that another test starts at this moment holds a copy until it executes.
    static func untilClosed(_ socket: borrowing Descriptor) async throws {
        while try socket.send([0]) != .closed { await Task.yield() }
    }

    /// Sends all packets, waiting for room as a peer with credits would.
    static func send(_ packets: [[UInt8]], on slot: DescriptorSlot, of record: Record) async throws {
        guard let socket = slot.take() else { throw SystemError(code: EBADF, call: "send") }
        for (position, packet) in packets.enumerated() {
            while try socket.send(packet) == .full { await record.received.reach(position) }
        }
    }

    @Test func packetsOfManySocketsComeWholeAndInOrder() async throws {
        let loop = try ReceiveLoop(name: "test-receive")
        try await withThrowingTaskGroup(of: Void.self) { group in
            for socket in 0..<8 {
                group.addTask {
                    let record = Record()
                    let (near, far) = try Self.pair()
                    guard let receiving = near.take() else { return }
                    _ = try loop.add(receiving) { record.take($0) }
                    let packets = (0..<2000).map { number in
                        // Lengths from 0 to 512, empty ones included.
                        (0..<((number * 37 + socket) % 513)).map { UInt8(truncatingIfNeeded: $0 + number) }
                    }
                    try await Self.send(packets, on: far, of: record)
                    await record.ended.reach(1)
                    #expect(record.all == packets)
                    #expect(record.error == nil)
                }
            }
            try await group.waitForAll()
        }
        await loop.turn()
        #expect(loop.count == 0)
        #expect(loop.longestWake < .milliseconds(50))
    }

    @Test func aPacketThatDoesNotFitEndsTheSocket() async throws {
        let loop = try ReceiveLoop(name: "test-receive")
        let record = Record()
        let (near, far) = try Self.pair()
        guard let receiving = near.take() else { return }
        _ = try loop.add(receiving) { record.take($0) }
        try await Self.send([[1], [UInt8](repeating: 2, count: 1025), [3]], on: far, of: record)
        await record.ended.reach(1)
        #expect(record.all == [[1]])
        #expect(record.error?.code == EMSGSIZE)
        // The sink is told before the loop forgets the socket.
        await loop.turn()
        #expect(loop.count == 0)
    }

    @Test func afterRemovalTheSinkIsNeverCalled() async throws {
        let loop = try ReceiveLoop(name: "test-receive")
        for _ in 0..<50 {
            let removed = Atomic<Bool>(false)
            let record = Record()
            let (near, far) = try Self.pair()
            guard let receiving = near.take(), let sending = far.take() else { return }
            let token = try loop.add(receiving) { event in
                if removed.load(ordering: .sequentiallyConsistent) { Issue.record("called after removal") }
                record.take(event)
            }
            for _ in 0..<100 { _ = try sending.send([1, 2, 3]) }
            await record.received.reach(1)
            loop.remove(token)
            removed.store(true, ordering: .sequentiallyConsistent)
            try await Self.untilClosed(sending)
            loop.remove(token)
        }
        #expect(loop.count == 0)
    }

    @Test func aDescriptorThatNobodyTakesIsClosed() async throws {
        var (near, far): (DescriptorSlot?, DescriptorSlot?) = try Self.pair()
        guard let sending = far?.take() else { return }
        #expect(try sending.send([1]) == .sent)
        far = nil
        #expect(near?.withRaw { $0 >= 0 } == true)
        near = nil
        try await Self.untilClosed(sending)
    }

    @Test func aDuplicateKeepsTheFileOpen() async throws {
        let (near, far) = try Self.pair()
        guard let sending = far.take(), let original = near.take() else { return }
        let copy = try original.duplicate()
        _ = consume original
        #expect(try sending.send([1]) == .sent)
        _ = consume copy
        try await Self.untilClosed(sending)
    }
}
