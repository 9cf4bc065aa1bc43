internal import CardProfile
internal import GATT

/// The requests of one session over one link: Control Point and transfers, one at a time. Not shared between tasks.
final class RecorderLink {
    /// How many values of Transfer may wait: the credit, the last one, and as many again of a transfer that was aborted.
    static let transferCapacity = 2 * Int(TransferReceiver.creditAhead) + 2
    /// Responses come one at a time; more is a card that talks to itself.
    static let controlCapacity = 8
    /// How often a request is written again to a card that has not yet seen our confirmation of its last response, or our abort.
    private static let writeAttempts = 20
    private static let writePause: Duration = .milliseconds(50)
    /// Two values make a whole list, and both may be lost: one silent transfer says little.
    private static let mostSilentTransfers = 3

    let card: any Peripheral
    let clock: any Clock<Duration>
    /// Runs since the session began.
    let session: Stopwatch
    private let responses: ValueStream
    private let values: ValueStream
    private var control = ControlPointClient()
    private var lastTransfer: UInt8?
    /// Transfers in a row of which not one value came.
    private var silentTransfers = 0

    init(card: any Peripheral, clock: any Clock<Duration>, session: Stopwatch, responses: ValueStream, values: ValueStream) {
        self.card = card
        self.clock = clock
        self.session = session
        self.responses = responses
        self.values = values
    }

    /// Asks the card and waits for its response, at most `ControlPointClient.deadline`.
    func ask(_ request: ControlRequest) async throws -> ControlResponse {
        try await askTagged(request).response
    }

    /// Begins a READ. A card that still sends an earlier transfer, whose abort was lost, is told again.
    ///
    /// - Parameter most: more payload than this is an error of the card.
    /// - Returns: how many bytes will follow, and the transfer, which is nothing unless the result is success.
    func read(_ request: ControlRequest, most: UInt64) async throws -> (result: ControlResult, willFollow: UInt64, transfer: IncomingTransfer) {
        var attempts = 0
        while true {
            let (tag, response) = try await askTagged(request)
            if response.result == .busy, attempts < Self.writeAttempts, let earlier = lastTransfer {
                attempts += 1
                try await command(TransferCommand(tag: earlier, .abort))
                try await clock.sleep(for: Self.writePause)
                continue
            }
            if response.result == .success { lastTransfer = tag }
            var willFollow: UInt64 = 0
            if case .willFollow(let count) = response.answer { willFollow = count }
            return (response.result, willFollow, IncomingTransfer(TransferReceiver(tag: tag, most: most), self))
        }
    }

    /// The values of Transfer that wait, else the first that come within the time; nil when none did.
    func nextValues(within limit: Duration) async throws -> ValueBatch? {
        try await next(of: values, within: limit)
    }

    /// A transfer that the card agreed to is over, an abort that nobody confirmed included.
    ///
    /// - Parameter wasHeard: whether any value of it came.
    /// - Throws: `timedOut` by the name of `mute-socket` when Transfer says nothing although Control Point answers.
    func ended(wasHeard: Bool) throws {
        silentTransfers = wasHeard ? 0 : silentTransfers + 1
        guard silentTransfers >= Self.mostSilentTransfers else { return }
        throw GATTError(
            .timedOut, "The card agreed to \(silentTransfers) transfers in a row, and not one value of them came.", failure: .muteSocket)
    }

    /// Writes to Transfer. One that finds no room is lost, as the air loses others: credit is repeated.
    func command(_ command: TransferCommand) async throws {
        do {
            try await card.writeWithoutResponse(command.bytes, to: RecorderAttributes.transfer)
        } catch let error as GATTError where error.code == .overflow || error.code == .inProgress {
            return
        }
    }

    private func askTagged(_ request: ControlRequest) async throws -> (tag: UInt8, response: ControlResponse) {
        let (tag, value) = try control.begin(request)
        let asked = Stopwatch(clock)
        do {
            try await write(value)
        } catch {
            control.refused()
            throw error
        }
        while let batch = try await next(of: responses, within: ControlPointClient.deadline - asked.elapsed) {
            for position in 0..<batch.count {
                if let response = try control.received(batch[position]) { return (tag, response) }
            }
        }
        throw GATTError(.timedOut, "The card did not respond to \(request.opcode) within \(ControlPointClient.deadline).")
    }

    private func write(_ value: [UInt8]) async throws {
        var attempts = 0
        while true {
            do {
                return try await card.write(value, to: RecorderAttributes.controlPoint, within: ControlPointClient.deadline)
            } catch let error as GATTError where error.attError == ATTError.procedureInProgress.code && attempts < Self.writeAttempts {
                attempts += 1
                try await clock.sleep(for: Self.writePause)
            }
        }
    }

    /// A batch that comes in the very moment in which the time is over is not lost.
    private func next(of stream: ValueStream, within limit: Duration) async throws -> ValueBatch? {
        guard limit > .zero else { return nil }
        let waiting = stream.takeWaiting()
        if !waiting.isEmpty { return waiting }
        let taken = TakenBatch()
        _ = try await withDeadline(limit, clock: clock) { taken.put(try await stream.next()) }
        return taken.batch
    }
}
