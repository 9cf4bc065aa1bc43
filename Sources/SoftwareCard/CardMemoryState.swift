internal import CardProfile
internal import Recordings

/// What the profile's server session asks of the card.
extension CardMemory: CardState {
    var features: Features {
        Features(
            capabilities: settings.capabilities, generation: generation, buttons: settings.buttons, screenColumns: settings.screenColumns,
            screenRows: settings.screenRows)
    }

    var serial: CardSerial { settings.serial }
    var lastEvent: UInt32 { log.last }
    var lastAcknowledged: UInt32 { log.acknowledged }

    var status: Status {
        var flags: Status.Flags = []
        if clock.isSet { flags.insert(.clockSet) }
        if storageIsFull { flags.insert(.storageFull) }
        let state: Status.State = inProgress.map { stored($0)?.kind == .memo ? .memo : .recording } ?? .idle
        return Status(
            state: state, flags: flags, unsynced: UInt16(clamping: unsynced), recordingInProgress: inProgress ?? 0,
            totalKiB: UInt32(clamping: settings.capacity >> 10), freeKiB: UInt32(clamping: max(0, settings.capacity - used + releasedBytes) >> 10),
            time: clock.time(), lastEvent: log.last, lastAcknowledged: log.acknowledged)
    }

    var advertisingPayload: AdvertisingPayload {
        var flags: AdvertisingPayload.Flags = []
        if unsynced > 0 { flags.insert(.unsynced) }
        if !log.events.isEmpty { flags.insert(.unacknowledgedEvents) }
        if inProgress != nil { flags.insert(.recording) }
        if pairingUntil != nil { flags.insert(.pairingMode) }
        if isNearlyFull { flags.insert(.storageNearlyFull) }
        if battery < 15 { flags.insert(.batteryLow) }
        return AdvertisingPayload(flags: flags, unsynced: UInt8(clamping: unsynced), changeToken: changeToken)
    }

    func recording(_ number: UInt32) -> ListedRecording? {
        stored(number).flatMap { isListed($0) ? $0.listed : nil }
    }

    func digest(of recording: UInt32) -> SHA256Digest? {
        stored(recording)?.digest.map { lies.digests.answer($0, of: recording) }
    }

    func firstRecording(from number: UInt32, released: Bool) -> ListedRecording? {
        recordings[recordings.partitioned { $0.number < number }...].lazy.filter { $0.isReleased == released && isListed($0) }
            .compactMap { lies.lists.list(lies.digests.list($0.listed)) }.first
    }

    func firstEvent(from number: UInt32) -> CardEvent? { log.first(from: number) }

    func count(of object: UInt32, from number: UInt32) -> Int {
        if object == ObjectNumber.eventLog { return log.count(from: number) }
        let released = object == ObjectNumber.releasedList
        return recordings[recordings.partitioned { $0.number < number }...].count { $0.isReleased == released && isListed($0) }
    }

    func read(_ recording: UInt32, at offset: UInt64, count: Int) -> ArraySlice<UInt8>? {
        guard let stored = stored(recording), let start = Int(exactly: offset), start <= stored.bytes.count, count <= stored.bytes.count - start
        else {
            return nil
        }
        return stored.bytes[start..<start + count]
    }

    mutating func release(_ recording: UInt32, erase: Bool) throws(ControlResult) { releaseRecording(recording, erase: erase) }

    mutating func setTime(_ now: UTCTime, minutesEast: Int16) throws(ControlResult) -> ClockAnswer {
        let milliseconds = clock.milliseconds
        return ClockAnswer(before: setClock(now, minutesEast: minutesEast), millisecondsSincePowerOn: milliseconds)
    }

    mutating func acknowledge(upTo number: UInt32) throws(ControlResult) { acknowledgeEvents(upTo: number) }

    mutating func record(_ command: RecordCommand) throws(ControlResult) -> UInt32 {
        switch command {
        case .start: return startRecording(.conversation)
        case .memo: return startRecording(.memo)
        case .stop: return stopRecording() ?? 0
        case .mark:
            guard let number = mark() else { throw .noSuchObject }
            return number
        }
    }

    mutating func show(_ note: ScreenNote) {
        screen.note = note.text.isEmpty ? nil : note
        screen.until = note.seconds == 0 ? nil : clock.elapsed + .seconds(Int(note.seconds))
    }

    mutating func find(seconds: UInt8) {
        findUntil = seconds == 0 ? nil : clock.elapsed + .seconds(Int(seconds))
        screen.isFinding = seconds > 0
    }

    mutating func setOwner(_ key: OwnerKey) throws(ControlResult) {
        ownerKey = key
        isDirty = true
    }

    mutating func makeChallenge() -> [UInt8] { settings.random(16) }
}
