import Bytes
import CardProfile
import EventLoop
import Foundation
import GATT
import PullPeer

/// Acquired socket, receive loop, value stream, profile receiver, file: as a session takes a recording, without D-Bus.
enum ReceivePath {
    private static let rounds = 9
    private static let count: UInt32 = 100_000
    private static let payload = 240
    private static let tag: UInt8 = 1

    static func compare() async throws {
        var checksum = CRC32C()
        let piece = [UInt8](repeating: 0xA5, count: payload)
        for _ in 0..<count { checksum.update(piece[...]) }
        let expected = checksum.value
        let file = FileManager.default.temporaryDirectory.appending(path: "earshot-pull-\(UUID().uuidString.prefix(8))").path
        defer { try? FileManager.default.removeItem(atPath: file) }
        let receive = try ReceiveLoop()
        let sink = try FileSink(path: file)
        var ours: [Cost] = []
        var theirs: [Cost] = []
        for round in 0..<rounds {
            // Which goes first changes, so that neither always finds the caches warm.
            if round % 2 == 0 { ours.append(try await own(receive, sink, checksum: expected)) }
            theirs.append(try bare(file, checksum: expected))
            if round % 2 == 1 { ours.append(try await own(receive, sink, checksum: expected)) }
        }
        print("receive path, \(count) values of \(payload + TransferNotification.headerSize) bytes, one sender for both")
        report([("Earshot", ours), ("bare loop in C", theirs)])
        let rate = ratio(ours, to: theirs, of: \.packetsPerSecond)
        let cpu = ratio(ours, to: theirs, of: \.cpuSecondsPerMegabyte)
        print("  Earshot to C: \(shown(rate, 2)) of the packets/s (aim: at least 0.50), \(shown(cpu, 2)) of the CPU per MB")
    }

    private static func own(_ receive: ReceiveLoop, _ sink: FileSink, checksum: UInt32) async throws -> Cost {
        try await sink.restart()
        var values = try SeqpacketPair()
        var credits = try SeqpacketPair()
        guard let cardValues = values.takeFirst(), let ownValues = values.takeSecond(), let cardCredits = credits.takeFirst(),
            let ownCredits = credits.takeSecond()
        else { throw Failure("no sockets") }
        let stream = ValueStream(capacity: 2 * Int(TransferReceiver.creditAhead) + 2)
        let started = ContinuousClock.now
        let used = cpuNow()
        let sender = unsafe cardValues.withRaw { values in
            unsafe cardCredits.withRaw { unsafe pull_sender_start(values, $0, count, payload, checksum) }
        }
        guard let sender = unsafe sender else { throw Failure("no sender") }
        let token = try receive.add(ownValues) { event in
            switch event {
            case .packets(let packets):
                var batch = ValueBatch()
                for position in 0..<packets.count { unsafe packets.withBytes(of: position) { unsafe batch.append($0) } }
                stream.put(batch)
            case .ended: stream.end(GATTError(.disconnected, "ended"))
            case .failed(let error): stream.end(GATTError(.failed, "\(error)"))
            }
        }
        var receiver = TransferReceiver(tag: tag, most: UInt64(count) * UInt64(payload))
        while receiver.progress == .more {
            if let limit = receiver.creditDue() {
                let command = TransferCommand(tag: tag, .credit(limit: limit)).bytes
                guard unsafe try ownCredits.send(command.span.bytes) == .sent else { throw Failure("no room for credit") }
            }
            var batch = stream.takeWaiting()
            if batch.isEmpty {
                guard let next = try await withDeadline(TransferReceiver.gapAfter, clock: ContinuousClock(), { try await stream.next() }) else {
                    throw Failure("the sender fell silent")
                }
                batch = next
            }
            var payload: [UInt8] = []
            for position in 0..<batch.count { _ = try receiver.receive(batch[position], into: &payload) }
            if !payload.isEmpty { try await sink.append(payload) }
        }
        receive.remove(token)
        let sent = unsafe pull_sender_join(sender)
        let cost = Cost(
            bytes: Int(receiver.bytes), packets: Int(count), seconds: (ContinuousClock.now - started) / .seconds(1),
            cpuSeconds: cpuNow() - used - Double(sent) / 1e9)
        guard sent >= 0, receiver.progress == .ended(.success, checksumIsRight: true), await sink.written == Int(receiver.bytes) else {
            throw Failure("our path lost something: \(receiver.progress)")
        }
        return cost
    }

    private static func bare(_ path: String, checksum: UInt32) throws -> Cost {
        var values = try SeqpacketPair()
        var credits = try SeqpacketPair()
        guard let cardValues = values.takeFirst(), let ownValues = values.takeSecond(), let cardCredits = credits.takeFirst(),
            let ownCredits = credits.takeSecond()
        else { throw Failure("no sockets") }
        let raw = unsafe open(path, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
        guard raw >= 0 else { throw Failure("no file") }
        let file = Descriptor(adopting: raw)
        let started = ContinuousClock.now
        let used = cpuNow()
        let sender = unsafe cardValues.withRaw { values in
            unsafe cardCredits.withRaw { unsafe pull_sender_start(values, $0, count, payload, checksum) }
        }
        guard let sender = unsafe sender else { throw Failure("no sender") }
        let bytes = ownValues.withRaw { values in ownCredits.withRaw { credits in file.withRaw { pull_bare_loop(values, credits, $0) } } }
        let sent = unsafe pull_sender_join(sender)
        guard bytes == Int64(count) * Int64(payload), sent >= 0 else { throw Failure("the bare loop lost something") }
        return Cost(
            bytes: Int(bytes), packets: Int(count), seconds: (ContinuousClock.now - started) / .seconds(1),
            cpuSeconds: cpuNow() - used - Double(sent) / 1e9)
    }
}
