internal import CardProfile
internal import GATT
internal import Logging
internal import Recordings

/// Brings the bytes of one recording into the sink, piece by piece. Not shared between tasks.
struct RecordingFetch {
    /// Bytes are made durable at least this often.
    private static let checkpointEvery: Duration = .seconds(2)
    /// Progress is told at most this often.
    private static let tellEvery: (bytes: UInt64, time: Duration) = (64 << 10, .milliseconds(500))

    enum Outcome {
        /// All bytes are here.
        case whole
        /// Others get their turn first.
        case waits
        /// The card does not give it, for this reason; the next list tells more.
        case hindered(String)
    }

    private let session: RecorderSession
    private let attend: () async throws -> Void

    init(_ session: RecorderSession, attend: @escaping () async throws -> Void) {
        self.session = session
        self.attend = attend
    }

    func run(_ recording: ListedRecording, from offset: UInt64) async throws -> Outcome {
        var pull = RecordingPull(recording: recording.number, size: recording.size, from: offset)
        session.publish(.transferStarted(recording: recording.number, offset: pull.offset, size: recording.size))
        while let request = try pull.nextRead() {
            if session.isOver { return .waits }
            let (result, willFollow, transfer) = try await session.link.read(request, most: pull.pieceLength)
            guard result == .success else {
                try check(result, recording.number)
                return .hindered("The card did not give it: \(result).")
            }
            let progress: TransferReceiver.Progress
            do {
                progress = try await receive(transfer, &pull)
            } catch let error as GATTError {
                // What came before the link was lost need not be sent again.
                _ = try await session.sink.checkpoint(recording.number, proven: false)
                throw error
            }
            try await settle(progress, &pull)
            session.report.repeatedBytes += transfer.discarded + pull.takeRepeated()
            if case .ended(let result, checksumIsRight: true) = progress {
                if result != .success { return .hindered("The card broke off at byte \(pull.offset): \(result).") }
                // Deleted meanwhile, or listed with a size that it does not have.
                if willFollow == 0 { return .hindered("The card lists \(recording.size) bytes of it and has no more than \(pull.offset).") }
            }
            try await attend()
        }
        return .whole
    }

    private func receive(_ transfer: IncomingTransfer, _ pull: inout RecordingPull) async throws -> TransferReceiver.Progress {
        var durable = Stopwatch(session.link.clock)
        var told = (offset: pull.offset, watch: Stopwatch(session.link.clock))
        while true {
            switch try await transfer.next() {
            case .ended(let progress): return progress
            case .payload(let payload):
                try await session.sink.append(payload, to: pull.recording)
                pull.took(payload.count)
                session.report.payloadBytes += UInt64(payload.count)
                if durable.elapsed >= Self.checkpointEvery {
                    try await checkpoint(pull.offset, of: pull.recording, proven: false)
                    durable = Stopwatch(session.link.clock)
                }
                if pull.offset - told.offset >= Self.tellEvery.bytes || told.watch.elapsed >= Self.tellEvery.time {
                    session.publish(.transferProgress(recording: pull.recording, offset: pull.offset, size: pull.size))
                    told = (pull.offset, Stopwatch(session.link.clock))
                }
            }
        }
    }

    private func settle(_ progress: TransferReceiver.Progress, _ pull: inout RecordingPull) async throws {
        session.context.used()
        switch pull.ended(progress) {
        case .proven: try await checkpoint(pull.offset, of: pull.recording, proven: true)
        case .kept: try await checkpoint(pull.offset, of: pull.recording, proven: false)
        case .throwAway(let start):
            session.publish(.checksumWrong(recording: pull.recording))
            try await session.sink.discard(pull.recording, backTo: start)
        }
        if case .gap = progress {
            session.report.gaps += 1
            session.publish(.gap(recording: pull.recording, keptTo: pull.offset))
        }
    }

    private func checkpoint(_ offset: UInt64, of recording: UInt32, proven: Bool) async throws {
        let durable = try await session.sink.checkpoint(recording, proven: proven)
        guard durable == offset else {
            throw CustodyError.storage("Recording \(recording) is durable up to \(durable), and \(offset) bytes of it were handed over.")
        }
    }

    /// Gone, shrunk, unreadable: the next list tells. What holds for every READ ends the session.
    private func check(_ result: ControlResult, _ recording: UInt32) throws {
        switch result {
        case .notPermitted: throw SessionRefusal(reason: "The card does not let this gateway READ: \(result).")
        case .unknownOpcode, .badParameter, .busy: throw ProfileError(.outOfOrder, "The card answers READ of a recording with: \(result).")
        default:
            session.context.logger.warning("The card did not give a recording", metadata: ["number": "\(recording)", "result": "\(result)"])
        }
    }
}
