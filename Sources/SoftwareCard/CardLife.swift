internal import CardProfile
internal import GATT
internal import OpusAudio
internal import Recordings

/// What a card does by itself, each in a loop of its own.
extension SoftwareCard {
    /// Lives until the task is cancelled. Throws `CancellationError`, or `vaultFailed` when the card is out of order.
    package func run() async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await self.whenever { try await self.respond() } }
            group.addTask { try await self.whenever { try await self.transfer() } }
            group.addTask { try await self.whenever { try await self.notify() } }
            group.addTask { try await self.keepTime() }
            group.addTask { try await self.whenever { try await self.sufferWhatIsDue() } }
            defer { group.cancelAll() }
            try await group.next()
        }
    }

    /// Calls `work` now and after all news.
    private nonisolated func whenever(_ work: () async throws -> Void) async throws {
        while true {
            let seen = news.read { $0 }
            try await work()
            try await news.when { $0 == seen ? nil : () }
        }
    }

    // MARK: Control Point

    private func respond() async throws {
        while let session = link, let response = session.response {
            session.response = nil
            do {
                try await session.link.indicate(response, on: ServedCharacteristic.controlPoint)
            } catch {
                try Task.checkCancellation()
                return
            }
            session.isResponding = false
            if session.server.responseConfirmed() { await drop(session) }
            wake()
        }
    }

    // MARK: Transfer

    private func transfer() async throws {
        while let session = link {
            switch session.server.nextTransferStep(memory) {
            case .send(let value, _):
                session.starving = nil
                do {
                    try await session.link.notify(value, on: ServedCharacteristic.transfer)
                } catch {
                    try Task.checkCancellation()
                    return
                }
                if session.isReadingRecording { try await mishaps.pass(.value, wake: wake) }
            case .waitForCredit:
                if session.starving == nil {
                    session.starving = memory.clock.elapsed
                    wake()
                }
                return
            case .waitForData, .idle:
                session.starving = nil
                return
            }
        }
    }

    // MARK: Events, Status, Battery

    private func notify() async throws {
        while let session = link, let (value, characteristic) = nextHint(session) {
            // What becomes due meanwhile waits its turn: a link that has stalled would else keep the card busy with it.
            session.isHinting = true
            defer { session.isHinting = false }
            do {
                try await session.link.notify(value, on: characteristic)
            } catch {
                try Task.checkCancellation()
                return
            }
            wake()
        }
    }

    private func nextHint(_ session: CardLink) -> ([UInt8], CharacteristicID)? {
        let isOpen = session.server.mayNotifyEvents(memory)
        if isOpen, session.notifiesEvents, let event = memory.log.first(from: session.hinted &+ 1) {
            session.hinted = event.number
            return (EventEntry.bytes(of: event), ServedCharacteristic.events)
        }
        let now = memory.clock.elapsed
        if session.notifiesStatus, session.statusDue.map({ $0 <= now }) ?? true {
            let status = memory.status
            if session.toldStatus.map({ status.differs(from: $0) }) ?? true {
                session.toldStatus = status
                session.toldStatusAt = now
                return (status.bytes, ServedCharacteristic.status)
            }
        }
        if isOpen, session.notifiesBattery, session.toldBattery != memory.battery {
            session.toldBattery = memory.battery
            return ([memory.battery], ServedCharacteristic.battery)
        }
        return nil
    }

    // MARK: Time

    private func keepTime() async throws {
        while true {
            let seen = news.read { $0 }
            if let failure { throw failure }
            try await doWhatIsDue()
            try await recordFurther()
            let (due, clock) = (nextDue, memory.clock)
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await self.news.when { $0 == seen ? nil : () } }
                if let due {
                    group.addTask {
                        try await clock.sleep(until: due)
                        self.wake()
                    }
                }
                defer { group.cancelAll() }
                try await group.next()
            }
        }
    }

    /// The next moment on the card's clock at which something is due.
    private var nextDue: Duration? {
        var due = [memory.pairingUntil, memory.screen.until, memory.findUntil].compactMap(\.self)
        if let link { due += link.due(inPairingMode: memory.pairingUntil != nil, status: memory.status) }
        if let recorder, memory.inProgress == recorder.number, let since = memory.open?.since {
            due.append(since + .milliseconds(recorder.given * 1000 / RecordingEncoder.rate) + CardRules.recordInterval)
        }
        return due.min()
    }

    private func doWhatIsDue() async throws {
        let now = memory.clock.elapsed
        if [memory.pairingUntil, memory.screen.until, memory.findUntil].contains(where: { $0.map { $0 <= now } ?? false }) {
            try await turn { $0.expire(at: now) }
        }
        if let link, link.isOver(at: now, inPairingMode: memory.pairingUntil != nil) { await drop(link) }
    }

    func drop(_ session: CardLink) async {
        if link === session { await dropLink() }
    }

    // MARK: Microphone

    /// Encodes what the microphone gave since the last time, and completes what was stopped.
    private func recordFurther() async throws {
        while let recording = memory.open {
            let number = recording.number
            let isStopped = memory.inProgress != number
            let length = isStopped ? UInt64(recording.durationMilliseconds) : UInt64(memory.offset(in: number))
            let due = Int(clamping: length) * RecordingEncoder.rate / 1000
            let isNew = recorder?.number != number
            if isNew {
                recorder = try LiveRecorder(
                    number: number, microphone: microphone, bitrate: settings.bitrate, tags: tags(of: number, started: recording.started),
                    streamSerial: UInt32(truncatingIfNeeded: settings.random()))
            }
            guard let recorder else { return }
            guard isNew || isStopped || due - recorder.given >= RecordingEncoder.rate else { return }
            var pages = isNew ? try recorder.start() : []
            pages += try recorder.record(until: due)
            if isStopped { pages += try recorder.finish() }
            try await turn { memory in
                var isFull = false
                do {
                    try memory.append(pages, to: number)
                } catch {
                    memory.noteStorageFull()
                    isFull = true
                }
                // Full: it stops recording; the end-of-stream mark is missing then.
                if isFull { _ = memory.stopRecording() }
                if isStopped || isFull { memory.completeRecording(number, durationMilliseconds: UInt32(clamping: length)) }
            }
            if isStopped || memory.open?.number != number { self.recorder = nil }
        }
    }
}
