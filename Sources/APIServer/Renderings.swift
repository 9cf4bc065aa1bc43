internal import Bytes
internal import GatewayAPI
internal import Ledger
internal import Radio
internal import Recordings

/// The ledger's facts as messages. Foreign text is escaped here, for every reader.
extension RecordingMessage {
    init(_ info: RecordingInfo) {
        self.init(
            id: info.id, ref: info.ref, key: info.key, state: Term(info.state), cause: info.cause, kind: info.kind.description,
            started: info.started, clock: Term(info.clock), durationMilliseconds: info.durationMilliseconds, size: info.size,
            durable: info.durable, type: info.format.mediaType, imported: info.origin.map { ImportMessage($0) }, sha256: info.sha256,
            marks: Int(info.marks), card: CardReference(id: info.card, name: info.cardName),
            holder: info.holder.map { HolderMessage($0) }, stored: info.storedAt, proven: info.provenAt, delivered: info.deliveredAt,
            others: info.others, audio: info.isHeld ? Routes.audio.path(info.id.description) : nil, annotations: info.annotations,
            artifacts: info.artifacts)
    }
}

extension ImportMessage {
    init(_ info: ImportInfo) { self.init(file: info.file.description, startedFrom: info.startedFrom.map { Term($0) }, at: info.at) }
}

extension HolderMessage {
    init(_ info: HolderInfo) { self.init(id: info.handle, name: info.name, groups: info.groups) }
}

extension CardMessage {
    init(_ info: CardInfo, _ radio: RadioStatus) {
        let near = radio.cards.first { $0.card == info.id }
        let generation = info.generation.map { number in
            let digits = String(number, radix: 16)
            return String(repeating: "0", count: max(0, 8 - digits.utf8.count)) + digits
        }
        self.init(
            id: info.id, name: info.name, serial: info.serial, manufacturer: info.device.manufacturer.description,
            model: info.device.model.description, firmware: info.device.firmware.description, address: info.bond?.peer,
            pairing: info.bond?.method.rawValue, paired: info.pairedAt, foreignBond: info.foreignBondAt,
            forgotten: info.forgottenAt, seen: info.seenAt, holder: info.holder.map { HolderMessage($0) }, generation: generation,
            waiting: info.waiting, held: info.held,
            presence: near?.presence, heard: near?.lastHeard, rssi: near?.rssi, lastEnd: near?.lastEnd, batteryLow: near?.batteryIsLow)
    }
}

extension QueueMessage {
    init(_ info: QueueInfo) {
        func count(_ state: JobState) -> Int { info.counts[state] ?? 0 }
        self.init(
            name: info.name, ready: count(.ready), leased: count(.leased), held: count(.held), done: count(.done), dead: count(.dead),
            oldest: info.oldest)
    }
}

extension ConditionMessage {
    init(_ info: Condition) { self.init(name: info.name, detail: info.detail, since: info.since) }
}

extension JobMessage {
    init(_ info: JobInfo) throws {
        self.init(
            id: info.id, queue: info.queue, state: Term(info.state), priority: info.priority.description, key: info.key, attempt: info.attempt,
            of: info.of, recording: info.recording, event: info.event, data: try info.data.map { try JSONValue($0) },
            reason: info.reason?.description, worker: info.worker?.description, waitsMilliseconds: info.waits.wholeMilliseconds,
            created: info.createdAt, changed: info.changedAt)
    }
}

extension LeasedJobMessage {
    init(_ leased: LeasedJob, seconds: Int, gateway: String) throws {
        let job = leased.job
        self.init(
            id: job.id, queue: job.queue, attempt: job.attempt, of: job.of, priority: job.priority.description, key: job.key,
            lease: LeaseMessage(token: leased.token, forSeconds: seconds), event: leased.event.map { EventMessage($0, gateway: gateway) },
            recording: leased.recording.map { RecordingMessage($0) }, data: try job.data.map { try JSONValue($0) })
    }
}

extension DeliveryMessage {
    init(_ info: DeliveryInfo) {
        self.init(
            recording: info.recording, destination: info.destination, object: info.object.description, sha256: info.sha256, size: info.size,
            at: info.at)
    }
}

extension AnnotationMessage {
    init(_ info: AnnotationInfo, withValue: Bool) throws {
        self.init(name: info.name, version: info.version, by: info.by, at: info.at, value: withValue ? try JSONValue(info.value) : nil)
    }
}

extension JSONValue {
    init(_ text: JSONText) throws { self = try APIJSON.decode(from: Array(text.description.utf8)) }
}
