internal import Bytes
internal import GATT
internal import Recordings
internal import SoftwareCard

/// The cards of one `simulate` or `serve` on the table: performs what a person does with them.
struct CardDesk: Sendable {
    struct Place: Sendable {
        let name: CardName
        /// What gateways see it as.
        let address: DeviceAddress
        let card: SoftwareCard
        let faults: LinkFaults
        let isInRange = WaitableState(true)
    }

    /// How long `passkey` waits for a pairing that has begun.
    private static let passkeyPatience: Duration = .seconds(5)

    let places: [Place]
    /// Takes a card out of range, or back.
    let setInRange: @Sendable (Bool, Place) -> Void
    let files: HostFiles

    func perform(_ order: CardOrder) async throws -> CardAnswer {
        guard let place = places.first(where: { $0.name.description == order.card }) else {
            let names = places.map(\.name.description).joined(separator: ", ")
            throw HostError(.noSuchCard, "There is no card \(ForeignText(order.card)) here. There are: \(names).")
        }
        let card = place.card
        var answer = CardAnswer(card: place.name.description)
        switch order.command {
        case .list: try await describe(place, in: &answer)
        case .screen: answer.lines = await card.report().lines
        case .passkey: answer.passkey = try await passkey(of: place)
        case .pair: try await card.openPairing()
        case .type:
            let passkey = try Self.need(order.passkey, "passkey")
            guard passkey <= 999_999 else { throw HostError(.badRequest, "A passkey has six digits.") }
            try await card.answerPairing(.passkey(passkey))
        case .confirm: try await card.answerPairing(.yes)
        case .refuse: try await card.answerPairing(.no)
        case .press: try await press(order, on: card, &answer)
        case .record: try await record(order, on: card, &answer)
        case .stop: answer.recording = try await card.stop()
        case .mark: answer.recording = try await card.mark()
        case .delete: try await card.delete(try Self.need(order.recording, "recording"))
        case .lose: try await card.lose(try Self.need(order.recording, "recording"))
        case .reboot: try await card.reboot()
        case .dump: try await dump(order, of: card, &answer)
        case .battery: try await card.setBattery(UInt8(clamping: try Self.need(order.percent, "percent")))
        case .rate: place.faults.setRate(try Self.need(order.rate, "rate") == 0 ? nil : order.rate)
        case .walkAway, .comeBack:
            let isInRange = order.command == .comeBack
            setInRange(isInRange, place)
            place.isInRange.change { $0 = isInRange }
        case .linkLoss: place.faults.loseLink(afterBytes: try Self.need(order.after, "after"), on: ServedCharacteristic.transfer)
        case .drop:
            place.faults.drop(try Self.need(order.count, "count"), after: order.after ?? 0, of: ServedCharacteristic.transfer)
        case .wrongDigest:
            guard let lie = DigestFaults.Lie(rawValue: order.lie ?? DigestFaults.Lie.refuseOnce.rawValue) else {
                let known = DigestFaults.Lie.allCases.map(\.rawValue).joined(separator: ", ")
                throw HostError(.badRequest, "\(ForeignText(order.lie ?? "")) is no lie: \(known).")
            }
            card.digestFaults.set(lie, of: try Self.need(order.recording, "recording"))
        case .faults: break
        }
        if [.linkLoss, .drop, .wrongDigest, .faults, .rate].contains(order.command) { count(place, in: &answer) }
        return answer
    }

    private static func need<Value>(_ value: Value?, _ name: String) throws -> Value {
        guard let value else { throw HostError(.badRequest, "The order lacks \(name).") }
        return value
    }

    private func describe(_ place: Place, in answer: inout CardAnswer) async throws {
        let report = await place.card.report()
        let digits = String(report.generation, radix: 16)
        answer.serial = report.serial.description
        answer.address = place.address.description
        answer.generation = String(repeating: "0", count: 8 - digits.count) + digits
        answer.boot = Int(report.boot)
        if case .utc = report.time.reading { answer.clockSet = true } else { answer.clockSet = false }
        answer.connected = report.isConnected
        answer.inRange = place.isInRange.read { $0 }
        answer.pairingMode = report.isInPairingMode
        answer.bonds = report.bonds.count
        answer.lastEvent = report.lastEvent
        answer.lastAcknowledged = report.lastAcknowledged
        answer.recordings = report.recordings.map { held in
            var started: String?
            if case .utc(let time) = held.started.reading { started = time.description }
            return CardAnswer.Recording(
                number: held.number, kind: held.kind.description, state: held.state.rawValue, size: held.size, sha256: held.digest?.description,
                started: started, durationMs: held.durationMilliseconds, marks: Int(held.marks))
        }
    }

    private func passkey(of place: Place) async throws -> String {
        let shown = try await withDeadline(Self.passkeyPatience, clock: ContinuousClock()) {
            try await place.card.when { $0.screen.passkey }
        }
        guard let shown else {
            throw HostError(.noPasskey, "\(place.name) shows no passkey: nobody is pairing with it. Open its pairing mode with: pair")
        }
        return pad(Int(shown), 6)
    }

    private func press(_ order: CardOrder, on card: SoftwareCard, _ answer: inout CardAnswer) async throws {
        let buttons: [Button] = [.record, .assistant, .side]
        let gestures: [Gesture] = [.press, .double, .triple, .long, .veryLong]
        guard let button = buttons.first(where: { $0.description == order.button }) else {
            throw HostError(.badRequest, "\(ForeignText(order.button ?? "")) is no button: \(buttons.map(\.description).joined(separator: ", ")).")
        }
        guard let gesture = gestures.first(where: { $0.description == order.gesture ?? "press" }) else {
            throw HostError(.badRequest, "\(ForeignText(order.gesture ?? "")) is no gesture: \(gestures.map(\.description).joined(separator: ", ")).")
        }
        let memo = order.files == nil ? [] : try await speech(order)
        let pressed = try await card.press(button, gesture, memo: memo)
        answer.event = pressed.event
        answer.memo = pressed.memo
    }

    private func record(_ order: CardOrder, on card: SoftwareCard, _ answer: inout CardAnswer) async throws {
        let kinds: [RecordingKind] = [.conversation, .call, .memo]
        guard let kind = kinds.first(where: { $0.description == order.kind ?? "conversation" }) else {
            throw HostError(.badRequest, "\(ForeignText(order.kind ?? "")) is no kind: \(kinds.map(\.description).joined(separator: ", ")).")
        }
        guard (0...1000).contains(order.marks ?? 0) else { throw HostError(.badRequest, "A recording has at most 1000 marks.") }
        let number = try await card.record(
            try await speech(order), kind: kind, marks: order.marks ?? 0, endedAgo: .milliseconds(Int64(clamping: order.endedAgoMs ?? 0)))
        let held = await card.report().recordings.first { $0.number == number }
        answer.recording = number
        answer.size = held?.size
        answer.sha256 = held?.digest?.description
    }

    private func speech(_ order: CardOrder) async throws -> [Int16] {
        var clips: [[Int16]] = []
        for path in order.files ?? [] { clips.append(try await files.speech(in: path)) }
        return try RecordingFactory.speech(from: clips, length: order.lengthMs.map { .milliseconds(Int64(clamping: $0)) })
    }

    private func dump(_ order: CardOrder, of card: SoftwareCard, _ answer: inout CardAnswer) async throws {
        let number = try Self.need(order.recording, "recording")
        let bytes = try await card.object(number)
        try await files.write(bytes, to: try Self.need(order.path, "path"))
        answer.recording = number
        answer.size = UInt64(bytes.count)
    }

    private func count(_ place: Place, in answer: inout CardAnswer) {
        let report = place.faults.report
        answer.linkLosses = report.linkLosses
        answer.droppedValues = report.droppedValues
        answer.wrongDigests = place.card.digestFaults.hits
        answer.deliveredValues = report.deliveredValues
        answer.deliveredBytes = report.deliveredBytes
        answer.waitingFaults = place.faults.waiting + place.card.digestFaults.waiting
    }
}
