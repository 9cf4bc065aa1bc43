internal import Recordings

/// What a card's memory suffers.
extension CardMemory {
    /// The recording that a mishap is about: complete and not released.
    func victim(_ target: CardMishap.Target) -> UInt32? {
        switch target {
        case .number(let number): return stored(number).flatMap { $0.isUnsynced ? number : nil }
        case .current:
            if let reading, stored(reading)?.isUnsynced == true { return reading }
            return recordings.first(where: \.isUnsynced)?.number
        }
    }

    /// The second half of its bytes became unreadable.
    ///
    /// - Returns: false when they are zeros already.
    mutating func damage(_ number: UInt32) -> Bool {
        guard let index = index(of: number) else { return false }
        let start = recordings[index].bytes.count / 2
        let count = recordings[index].bytes.count - start
        guard recordings[index].bytes[start...].contains(where: { $0 != 0 }) else { return false }
        recordings[index].bytes.replaceSubrange(start..., with: repeatElement(0, count: count))
        recordings[index].complete(also: .damaged)
        rewrote(index, from: start)
        return true
    }

    /// What was free is taken, and what is being recorded ends.
    ///
    /// - Returns: false when the card is full already.
    mutating func fill() -> Bool {
        guard used < settings.capacity else { return false }
        lostRoom += settings.capacity - used
        noteStorageFull()
        _ = stopRecording()
        return true
    }

    /// The oldest events are dropped, as when the log is full.
    ///
    /// - Returns: false when there are not so many.
    mutating func forgetEvents(keeping kept: Int) -> Bool {
        guard log.drop(keeping: kept) else { return false }
        isDirty = true
        return true
    }

    /// A new generation in the same hands.
    mutating func formatStorage() {
        let (bonds, owner) = (bonds, ownerKey)
        format()
        self.bonds = bonds
        ownerKey = owner
    }

    /// Goes back by so many numbers, but never to one that still stands for something: an event not acknowledged, a recording not released.
    ///
    /// - Returns: false when there is nothing to go back over.
    mutating func countAgain(_ count: Int) -> Bool {
        let step = UInt32(clamping: count)
        let bound = recordings.last(where: { !$0.isReleased })?.number ?? 0
        let last = max(bound, lastRecording > step ? lastRecording - step : 0)
        let goesBack = last < lastRecording
        for recording in recordings where recording.number > last { eraseReleased(recording.number) }
        lastRecording = last
        let forgets = log.countAgain(step)
        isDirty = true
        return goesBack || forgets
    }
}
