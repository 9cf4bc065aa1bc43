internal import CardProfile
internal import GATT
internal import Recordings

/// One READ as it comes in: payload in order, a batch at a time. Asking for more says that the last payload was taken, so a slow
/// disk holds the card by its credit. Not shared between tasks.
final class IncomingTransfer {
    enum Step {
        case payload([UInt8])
        /// Nothing more comes; a transfer with a gap was aborted.
        case ended(TransferReceiver.Progress)
    }

    /// After an abort the card has this long to end the transfer; what comes later is known by its tag.
    private static let abortPatience: Duration = .seconds(2)

    private let link: RecorderLink
    private var receiver: TransferReceiver
    /// Since the last value that belonged to this transfer, or since payload was last asked for: how long the caller took for what it has says
    /// nothing of the card.
    private var silence: Stopwatch
    private var hasRepeatedCredit = false
    private var wasHeard = false

    init(_ receiver: consuming TransferReceiver, _ link: RecorderLink) {
        self.receiver = receiver
        self.link = link
        silence = Stopwatch(link.clock)
    }

    /// Payload that came and has to be READ again.
    var discarded: UInt64 { receiver.discarded }

    /// The next payload, or the end. Not called again after the end.
    func next() async throws -> Step {
        silence = Stopwatch(link.clock)
        if let limit = receiver.creditDue() { try await send(.credit(limit: limit)) }
        while receiver.progress == .more {
            // Values of other transfers do not keep this one alive, and one that drips ends with the session.
            guard silence.elapsed < TransferReceiver.gapAfter, link.session.elapsed < Limits.session else {
                receiver.miss()
                break
            }
            let patience = min(TransferReceiver.repeatCreditAfter, TransferReceiver.gapAfter - silence.elapsed)
            guard let batch = try await link.nextValues(within: patience) else {
                if !hasRepeatedCredit {
                    hasRepeatedCredit = true
                    try await send(.credit(limit: receiver.repeatedCredit))
                }
                continue
            }
            let payload = try take(batch)
            if !payload.isEmpty { return .payload(payload) }
        }
        if receiver.progress == .gap(isOver: false) { try await abort() }
        try link.ended(wasHeard: wasHeard)
        return .ended(receiver.progress)
    }

    /// Ends the transfer from this side, for a caller that wants no more of it.
    func abort() async throws {
        receiver.miss()
        let asked = Stopwatch(link.clock)
        while receiver.progress == .gap(isOver: false), asked.elapsed < Self.abortPatience {
            try await send(.abort)
            let values = Stopwatch(link.clock)
            while receiver.progress == .gap(isOver: false), values.elapsed < TransferReceiver.repeatCreditAfter,
                let batch = try await link.nextValues(within: TransferReceiver.repeatCreditAfter - values.elapsed)
            {
                _ = try take(batch)
            }
        }
    }

    private func take(_ batch: ValueBatch) throws(ProfileError) -> [UInt8] {
        let ignored = receiver.ignored
        var payload: [UInt8] = []
        payload.reserveCapacity(batch.count * 256)
        for position in 0..<batch.count { _ = try receiver.receive(batch[position], into: &payload) }
        if receiver.ignored - ignored < batch.count {
            silence = Stopwatch(link.clock)
            hasRepeatedCredit = false
            wasHeard = true
        }
        return payload
    }

    private func send(_ kind: TransferCommand.Kind) async throws {
        try await link.command(TransferCommand(tag: receiver.tag, kind))
    }
}
