internal import CardProfile
package import GATT
internal import OggOpus
internal import OpusAudio
package import Recordings

/// A recorder card in software, behind `LocalService` (Recorder Card Profile 1.0, server side).
///
/// Making it powers it on: with the same vault it is the same card again, one boot later. `run()` is its life: without it nothing
/// is indicated, notified, recorded or timed out. Every change is made durable before anything of it can be seen.
package actor SoftwareCard {
    package nonisolated let settings: CardSettings
    package nonisolated let digestFaults = DigestFaults()
    package nonisolated let listFaults = ListFaults()
    package nonisolated let mishaps = CardMishaps()
    nonisolated let clock: any Clock<Duration>
    /// Changes whenever a loop may have something to do.
    nonisolated let news = WaitableState<UInt64>(0)
    /// What `advertising()` returned last was of this `news`; nil: never asked.
    nonisolated let advertised = WaitableState<AdvertisingData?>(nil)

    private let vault: any CardVault
    /// Whether a turn is under way: one at a time.
    private nonisolated let turning = WaitableState(false)
    private(set) var memory: CardMemory
    var link: CardLink?
    let microphone: Microphone
    var recorder: LiveRecorder?
    /// Why the card is out of order.
    private(set) var failure: SoftwareCardError?

    /// Powers the card on.
    ///
    /// - Throws: `vaultDamaged` when the vault cannot be read or is another card's.
    package init(
        _ settings: CardSettings, vault: any CardVault, clock: any Clock<Duration>, microphone: Microphone = Microphone()
    ) async throws {
        self.settings = settings
        self.vault = vault
        self.clock = clock
        self.microphone = microphone
        let lies = CardLies(digests: digestFaults, lists: listFaults)
        if let bytes = try await vault.loadSnapshot() {
            let snapshot = try CardSnapshot(bytes)
            guard snapshot.serial == settings.serial else {
                throw SoftwareCardError(.vaultDamaged, "What is kept here is card \(snapshot.serial), not \(settings.serial).")
            }
            var recordings: [StoredRecording] = []
            for (recording, size) in snapshot.recordings {
                var recording = recording
                recording.bytes = try await vault.loadObject(ObjectID(generation: snapshot.generation, number: recording.number), size: size)
                recordings.append(recording)
            }
            memory = CardMemory(snapshot, recordings: recordings, settings: settings, lies: lies, clock: clock)
        } else {
            memory = CardMemory(settings: settings, lies: lies, clock: clock)
        }
        memory.log(.poweredOn)
        if let change = memory.takeChange() { try await vault.commit(change) }
    }

    /// Runs one change of the card: it is seen by nobody before it is durable, and not at all when `body` throws.
    @discardableResult
    func turn<R: Sendable>(_ body: (inout CardMemory) throws -> R) async throws -> R {
        try await turning.when { isTaken -> Void? in
            guard !isTaken else { return nil }
            isTaken = true
            return ()
        }
        defer { turning.change { $0 = false } }
        var next = memory
        next.reading = link.flatMap { $0.server.isTransferring ? $0.reading : nil }
        let result = try body(&next)
        if let change = next.takeChange() {
            do {
                try await vault.commit(change)
            } catch {
                let failure = SoftwareCardError(.vaultFailed, "The card could not keep what it was given.", cause: error)
                self.failure = failure
                wake()
                throw failure
            }
        }
        memory = next
        wake()
        return result
    }

    /// Lets the loops look for work, and the host at what is advertised.
    nonisolated func wake() { news.change { $0 &+= 1 } }

    // MARK: What its user does

    /// Presses a button. The record button starts and stops a conversation, the side button marks what is being recorded.
    ///
    /// - Parameter memo: speech (mono at 16 kHz) that the user has just said: a recording of kind memo that ends with the press.
    /// - Returns: the number of the button's event, and of the memo.
    package func press(_ button: Button, _ gesture: Gesture, memo: [Int16] = []) async throws -> (event: UInt32, memo: UInt32?) {
        guard memo.isEmpty else {
            let (number, event) = try await add(memo, kind: .memo, marks: 0, endedAgo: .zero, press: (button, gesture))
            return (event, number)
        }
        let event = try await turn { memory in
            let during = memory.inProgress
            let event = memory.log(.button(button, gesture, recording: during, offset: during.map { memory.offset(in: $0) } ?? 0))
            switch (button, gesture) {
            case (.record, .press): if memory.stopRecording() == nil { _ = memory.startRecording(.conversation) }
            case (.side, .press): _ = memory.mark()
            default: break
            }
            return event
        }
        return (event, nil)
    }

    /// Stores a finished recording of speech (mono at 16 kHz) as if the card had just made it, or ended it so long ago.
    ///
    /// - Parameter marks: so many, spread evenly.
    /// - Returns: its number.
    /// - Throws: `storageFull` (logged as event 7), `speech`, `vaultFailed`.
    package func record(_ speech: [Int16], kind: RecordingKind, marks: Int = 0, endedAgo: Duration = .zero) async throws -> UInt32 {
        try await add(speech, kind: kind, marks: marks, endedAgo: endedAgo, press: nil).number
    }

    private func add(
        _ speech: [Int16], kind: RecordingKind, marks: Int, endedAgo: Duration, press: (Button, Gesture)?
    ) async throws -> (number: UInt32, event: UInt32) {
        let length = UInt64(speech.count) * 1000 / UInt64(RecordingEncoder.rate)
        while true {
            let (generation, number) = (memory.generation, memory.lastRecording + 1)
            let ago = endedAgo.milliseconds
            let started = memory.clock.time(millisecondsAgo: length + ago)
            let object = try await RecordingFactory.object(
                of: speech, tags: tags(of: number, started: started), bitrate: settings.bitrate,
                streamSerial: UInt32(truncatingIfNeeded: settings.random()))
            let added = try await turn { memory -> Result<(UInt32, UInt32), any Error>? in
                // Another recording took the number that stands in the object's tags: once more.
                guard memory.generation == generation, memory.lastRecording + 1 == number else { return nil }
                var attempt = memory
                do {
                    _ = attempt.beginRecording(kind, started: started, millisecondsAgo: length + ago)
                    try attempt.append(object, to: number)
                    for mark in 1...max(1, marks) where mark <= marks {
                        let offset = length * UInt64(mark) / UInt64(marks + 1)
                        attempt.addMark(to: number, offset: UInt32(clamping: offset), millisecondsAgo: length - offset + ago)
                    }
                    let event = press.map {
                        attempt.log(.button($0.0, $0.1, recording: number, offset: UInt32(clamping: length)), millisecondsAgo: ago)
                    }
                    attempt.log(.recordingStopped(number), millisecondsAgo: ago)
                    attempt.completeRecording(number, durationMilliseconds: UInt32(clamping: length))
                    memory = attempt
                    return .success((number, event ?? 0))
                } catch {
                    memory.noteStorageFull()
                    return .failure(error)
                }
            }
            if let added { return try added.get() }
        }
    }

    func tags(of number: UInt32, started: CardTime) -> RecorderTags {
        RecorderTags(
            serial: settings.serial.description, generation: memory.generation, number: number, started: memory.clock.text(of: started))
    }

    /// Stops what the microphone records.
    ///
    /// - Returns: its number.
    /// - Throws: `notRecording`.
    package func stop() async throws -> UInt32 {
        guard let number = try await turn({ $0.stopRecording() }) else { throw SoftwareCardError(.notRecording, "Nothing is being recorded.") }
        return number
    }

    /// Marks what the microphone records.
    ///
    /// - Returns: its number.
    /// - Throws: `notRecording`.
    package func mark() async throws -> UInt32 {
        guard let number = try await turn({ $0.mark() }) else { throw SoftwareCardError(.notRecording, "Nothing is being recorded.") }
        return number
    }

    /// Its user deletes a recording on the card.
    package func delete(_ number: UInt32) async throws { try await turn { try $0.remove(number, as: .deletedByUser) } }

    /// A storage fault takes a recording.
    package func lose(_ number: UInt32) async throws { try await turn { try $0.remove(number, as: .lost) } }

    /// Opens pairing mode for 60 s or until the first bond.
    package func openPairing() async throws {
        try await turn { memory in
            memory.pairingUntil = memory.clock.elapsed + CardRules.pairingMode
            memory.screen.isInPairingMode = true
        }
    }

    /// What its user says to the question on its screen: digits that he types, or whether they are the same.
    ///
    /// - Throws: `noQuestion`.
    package func answerPairing(_ answer: PairingAnswer) throws {
        switch (link?.question, answer) {
        case (.enterPasskey, .passkey), (.confirm, .yes), (.confirm, .no), (.enterPasskey, .no): link?.answer = answer
        default: throw SoftwareCardError(.noQuestion, "The card does not ask for that now.")
        }
        wake()
    }

    package func setBattery(_ percent: UInt8) async throws { try await turn { $0.setBattery(percent) } }

    /// Sets its clock as a gateway does.
    package func setClock(_ now: UTCTime, minutesEast: Int16 = 0) async throws {
        try await turn { _ = $0.setClock(now, minutesEast: minutesEast) }
    }

    /// Loses its power and gets it back: what was durable is there, the link and the screen are not, nor the clock unless it is kept.
    package func reboot(keepingClock: Bool = false) async throws {
        await dropLink()
        recorder = nil
        try await turn { memory in
            var now: UTCTime?
            if keepingClock, case .utc(let time) = memory.clock.time().reading { now = time }
            memory = CardMemory(
                memory.snapshot, recordings: memory.recordings, settings: memory.settings, lies: memory.lies, clock: clock, powerOn: now)
            memory.log(.poweredOn)
        }
    }

    /// Factory reset by its user. The host has to drop the bonds' keys too.
    package func reset() async throws {
        await dropLink()
        recorder = nil
        try await turn { $0.format() }
    }

    func dropLink() async {
        guard let link else { return }
        self.link = nil
        wake()
        await link.link.disconnect()
    }
}
