internal import Recordings

/// The card's side of one link, without I/O (Recorder Card Profile, Control Point, Owner and Transfer). Its host tells it what was
/// written and subscribed, performs what it returns, and drops it when the link ends.
package struct CardServer: ~Copyable {
    /// The host disconnects when a transfer waited this long for credit (Transfer).
    package static let creditPatience: Duration = .seconds(30)

    /// What a write to the Control Point leads to.
    package enum WriteAnswer: Hashable, Sendable {
        /// Answer the write with this ATT error (Core 5.4, Vol 3, Part F, 3.4.1.1).
        case refused(att: UInt8)
        /// Accept the write, indicate this, and call `responseConfirmed()` when it was confirmed.
        case accepted(response: [UInt8])
    }

    package static let attInvalidLength: UInt8 = 0x0D
    package static let attNotSubscribed: UInt8 = 0xFD
    package static let attProcedureInProgress: UInt8 = 0xFE

    /// Values of a transfer: the best length that fits the link (Transfer).
    ///
    /// - Parameter overhead: what the host's notifications take of ATT_MTU: 3, and 5 on BlueZ, which cuts longer ones short.
    package static func valueLength(maximumTransmissionUnit mtu: Int, overhead: Int = 3) -> Int {
        let fits = max(20, mtu - overhead)
        return fits >= 495 ? 495 : min(244, fits)
    }

    /// Of notifications on Transfer, header included; at least 20. A transfer keeps the one that it began with.
    package var valueLength: Int
    private var isControlPointSubscribed = false
    private var isTransferSubscribed = false
    private var isResponding = false
    /// The link has proven itself or set the owner.
    private var isOpened = false
    private var challenge: [UInt8]?
    private var disconnectsWhenConfirmed = false
    private var transfer: OutgoingTransfer?

    package init(valueLength: Int) { self.valueLength = valueLength }

    package mutating func controlPointSubscribed(_ isSubscribed: Bool) { isControlPointSubscribed = isSubscribed }

    /// Unsubscribing ends a transfer without its last notification.
    package mutating func transferSubscribed(_ isSubscribed: Bool) {
        isTransferSubscribed = isSubscribed
        if !isSubscribed { transfer = nil }
    }

    /// Whether Events may be notified on this link: not before it has proven itself to a card with an owner.
    package func mayNotifyEvents(_ state: some CardState) -> Bool { isOpened || state.ownerKey == nil }

    package var isTransferring: Bool { transfer != nil }

    package mutating func controlPointWritten(_ value: ArraySlice<UInt8>, _ state: inout some CardState) -> WriteAnswer {
        guard isControlPointSubscribed else { return .refused(att: Self.attNotSubscribed) }
        guard !isResponding else { return .refused(att: Self.attProcedureInProgress) }
        guard let received = ReceivedRequest(value) else { return .refused(att: Self.attInvalidLength) }
        isResponding = true
        var result = ControlResult.success
        var answer = ControlResponse.Answer.none
        do throws(ControlResult) {
            answer = try perform(received, &state)
        } catch {
            result = error
        }
        return .accepted(response: ControlResponse(opcode: received.opcode, tag: received.tag, result: result, answer: answer).bytes)
    }

    /// The response's indication was confirmed: the next request may come.
    ///
    /// - Returns: whether to disconnect now, after a wrong proof.
    package mutating func responseConfirmed() -> Bool {
        isResponding = false
        return disconnectsWhenConfirmed
    }

    /// A write to Transfer: credit or abort. What is malformed or of another transfer is ignored.
    package mutating func transferWritten(_ value: ArraySlice<UInt8>) {
        guard let command = try? TransferCommand(value), command.tag == transfer?.tag else { return }
        transfer?.obey(command.kind)
    }

    /// What to do next on Transfer. Call it after a READ, a credit or an abort, when a recording that is followed grew, and
    /// again after each value that was queued.
    package mutating func nextTransferStep(_ state: some CardState) -> OutgoingTransfer.Step {
        guard let step = transfer?.nextStep(state) else { return .idle }
        if case .send(_, isLast: true) = step { transfer = nil }
        return step
    }

    private mutating func perform(_ received: ReceivedRequest, _ state: inout some CardState) throws(ControlResult) -> ControlResponse.Answer {
        // A locked card says no more to a stranger than that it is locked.
        if state.ownerKey != nil, !isOpened, received.opcode != ControlOpcode.prove.rawValue { throw .notPermitted }
        switch received.content {
        case .refused(let result, _): throw result
        case .request(let request): return try perform(request, tag: received.tag, &state)
        }
    }

    private mutating func perform(_ request: ControlRequest, tag: UInt8, _ state: inout some CardState) throws(ControlResult)
        -> ControlResponse.Answer
    {
        let capabilities = state.features.capabilities
        func require(_ capability: Capabilities) throws(ControlResult) {
            guard capabilities.contains(capability) else { throw .notPermitted }
        }
        switch request {
        case .read(let object, let offset, let length, let limit):
            guard isTransferSubscribed else { throw .notPermitted }
            guard transfer == nil else { throw .busy }
            let new = try OutgoingTransfer(
                tag: tag, object: object, offset: offset, length: length, limit: limit, valueLength: valueLength, state)
            transfer = new
            return .willFollow(new.willFollow)
        case .release(let recording, let digest, let erase):
            guard let listed = state.recording(recording) else { throw .noSuchObject }
            guard listed.flags.contains(.complete), let right = state.digest(of: recording) else { throw .notComplete }
            guard digest == right else { throw .digestDiffers }
            try state.release(recording, erase: erase)
        case .setTime(let now, let minutesEast):
            return .clock(try state.setTime(now, minutesEast: minutesEast))
        case .acknowledgeEvents(let number):
            guard number <= state.lastEvent else { throw .badParameter }
            if number > state.lastAcknowledged { try state.acknowledge(upTo: number) }
        case .record(let command):
            try require(.remoteRecord)
            return .recording(try state.record(command))
        case .screen(let note):
            try require(.screen)
            state.show(note)
        case .find(let seconds):
            try require(.find)
            state.find(seconds: seconds)
        case .own(let key):
            try require(.owner)
            try state.setOwner(key)
            isOpened = true
        case .challenge:
            guard state.ownerKey != nil else { throw .noSuchObject }
            let new = state.makeChallenge()
            challenge = new
            return .challenge(new)
        case .prove(let proof):
            guard let key = state.ownerKey else { throw .noSuchObject }
            guard let open = challenge else { throw .notPermitted }
            challenge = nil
            guard OwnerProof.isValid(proof, key: key, challenge: open, serial: state.serial) else {
                disconnectsWhenConfirmed = true
                throw .notPermitted
            }
            isOpened = true
        }
        return .none
    }
}
