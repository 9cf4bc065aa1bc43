internal import CardProfile
internal import GATT
internal import Recordings

/// Everything that a card is at one moment, as a value: what it stores and what it would forget without power.
///
/// The card changes a copy, makes the change durable, and only then puts the copy in the place of what others see: so nothing is
/// ever shown that a power loss could take back.
struct CardMemory: Sendable {
    let settings: CardSettings
    let lies: CardLies
    private(set) var generation: UInt32
    var clock: CardClock
    var log: EventLog
    var lastRecording: UInt32 = 0
    /// In rising number.
    var recordings: [StoredRecording] = []
    var bonds: [DeviceAddress] = []
    var ownerKey: OwnerKey?

    // Forgotten without power.
    var screen = CardScreen()
    var findUntil: Duration?
    var pairingUntil: Duration?
    /// What its microphone is recording.
    private(set) var inProgress: UInt32?
    /// The object of a READ that is under way: its space is not needed by anybody.
    var reading: UInt32?
    private(set) var storageIsFull = false
    /// Bytes that a mishap took.
    var lostRoom = 0
    private var storageWasNearlyFull = false
    private(set) var battery: UInt8 = 100
    /// Drawn anew whenever there is something new to fetch.
    private(set) var changeToken: UInt16

    // What this turn has to make durable.
    var isDirty = false
    private(set) var appended: [VaultChange.Append] = []
    private(set) var erased: [ObjectID] = []

    /// A card whose storage was just formatted.
    init(settings: CardSettings, lies: CardLies, clock: any Clock<Duration>) {
        self.settings = settings
        self.lies = lies
        generation = UInt32(truncatingIfNeeded: settings.random())
        changeToken = UInt16(truncatingIfNeeded: settings.random())
        self.clock = CardClock(boot: 1, clock: clock, uptime: settings.uptime)
        log = EventLog(capacity: settings.eventCapacity)
    }

    /// A card that is switched on again. Recordings that were under way have been cut short.
    ///
    /// - Parameter powerOn: UTC at this power-on, where the clock went on meanwhile.
    init(
        _ snapshot: CardSnapshot, recordings: [StoredRecording], settings: CardSettings, lies: CardLies, clock: any Clock<Duration>,
        powerOn: UTCTime? = nil
    ) {
        self.settings = settings
        self.lies = lies
        generation = snapshot.generation
        changeToken = UInt16(truncatingIfNeeded: settings.random())
        self.clock = CardClock(boot: snapshot.boot &+ 1, clock: clock, powerOn: powerOn)
        log = EventLog(
            events: snapshot.events, last: snapshot.lastEvent, acknowledged: snapshot.lastAcknowledged, capacity: settings.eventCapacity)
        lastRecording = snapshot.lastRecording
        bonds = snapshot.bonds
        ownerKey = snapshot.ownerKey
        self.recordings = recordings
        for index in recordings.indices where !recordings[index].flags.contains(.complete) && recordings[index].removalEvent == 0 {
            self.recordings[index].complete(also: .cutShort)
        }
    }

    // MARK: What is there

    var used: Int { recordings.reduce(lostRoom) { $0 + $1.bytes.count } }
    var releasedBytes: Int { recordings.reduce(0) { $0 + ($1.isReleased ? $1.bytes.count : 0) } }
    var unsynced: Int { recordings.count(where: \.isUnsynced) }
    var isNearlyFull: Bool { (used - releasedBytes) * 10 > settings.capacity * 9 }

    func index(of number: UInt32) -> Int? {
        let index = recordings.partitioned { $0.number < number }
        return index < recordings.count && recordings[index].number == number ? index : nil
    }

    /// A deleted or lost recording stays listed until the event that reports it is acknowledged; the card itself remembers it longer.
    func isListed(_ recording: StoredRecording) -> Bool { recording.removalEvent == 0 || recording.removalEvent > log.acknowledged }

    func stored(_ number: UInt32) -> StoredRecording? { index(of: number).map { recordings[$0] } }

    // MARK: Events

    /// Logs an event that happened so many milliseconds ago; the card has something new.
    @discardableResult
    mutating func log(_ what: CardEvent.What, millisecondsAgo ago: UInt64 = 0) -> UInt32 {
        somethingNew()
        return log.append(what, at: clock.time(millisecondsAgo: ago))
    }

    private mutating func somethingNew() {
        isDirty = true
        changeToken = UInt16(truncatingIfNeeded: settings.random())
    }

    mutating func setBattery(_ percent: UInt8) {
        if percent < 15, battery >= 15 { log(.batteryLow) }
        battery = min(100, percent)
    }

    mutating func setClock(_ now: UTCTime, minutesEast: Int16) -> CardTime {
        let before = clock.time()
        if clock.set(now, minutesEast: minutesEast) { log(.clockSet(before: before)) }
        return before
    }

    mutating func acknowledgeEvents(upTo number: UInt32) {
        log.acknowledge(upTo: number)
        isDirty = true
    }

    // MARK: Recordings

    /// Opens the next number.
    mutating func beginRecording(_ kind: RecordingKind, started: CardTime, millisecondsAgo ago: UInt64 = 0) -> UInt32 {
        lastRecording += 1
        let event = log(.recordingStarted(lastRecording), millisecondsAgo: ago)
        recordings.append(
            StoredRecording(
                number: lastRecording, firstEvent: event, started: started, since: clock.elapsed, kind: kind, flags: ListedFlags.inProgress))
        return lastRecording
    }

    /// The card's microphone records from now on.
    mutating func startRecording(_ kind: RecordingKind) -> UInt32 {
        if let inProgress { return inProgress }
        let number = beginRecording(kind, started: clock.time())
        inProgress = number
        screen.recording = number
        return number
    }

    /// The microphone is off; what it gave is still being encoded, so the recording is neither in progress nor complete.
    mutating func stopRecording() -> UInt32? {
        guard let number = inProgress, let index = index(of: number) else { return nil }
        inProgress = nil
        screen.recording = nil
        recordings[index].flags.remove(.inProgress)
        recordings[index].durationMilliseconds = UInt32(clamping: offset(in: number))
        log(.recordingStopped(number))
        return number
    }

    mutating func mark() -> UInt32? {
        guard let number = inProgress else { return nil }
        addMark(to: number, offset: offset(in: number))
        return number
    }

    /// Milliseconds into what is being recorded.
    func offset(in number: UInt32) -> UInt32 {
        stored(number).map { UInt32(clamping: (clock.elapsed - $0.since).milliseconds) } ?? 0
    }

    mutating func addMark(to number: UInt32, offset: UInt32, millisecondsAgo ago: UInt64 = 0) {
        guard let index = index(of: number) else { return }
        recordings[index].marks = recordings[index].marks &+ 1
        log(.mark(recording: number, offset: offset), millisecondsAgo: ago)
    }

    /// The microphone's recording that has to be encoded further, oldest first.
    var open: StoredRecording? { recordings.first { !$0.flags.contains(.complete) && $0.removalEvent == 0 } }

    /// Appends to an object that is not complete.
    ///
    /// - Throws: `storageFull`, with nothing appended.
    mutating func append(_ bytes: [UInt8], to number: UInt32) throws {
        guard !bytes.isEmpty else { return }
        try makeRoom(for: bytes.count)
        guard let index = index(of: number) else { return }
        appended.append(.init(object: ObjectID(generation: generation, number: number), offset: recordings[index].bytes.count, bytes: bytes[...]))
        recordings[index].bytes += bytes
        isDirty = true
        if isNearlyFull, !storageWasNearlyFull { log(.storageNearlyFull) }
        storageWasNearlyFull = isNearlyFull
    }

    /// Size and digest are final: there is something to fetch.
    mutating func completeRecording(_ number: UInt32, durationMilliseconds: UInt32) {
        guard let index = index(of: number) else { return }
        recordings[index].durationMilliseconds = durationMilliseconds
        recordings[index].complete()
        somethingNew()
    }

    mutating func releaseRecording(_ number: UInt32, erase: Bool) {
        guard let index = index(of: number) else { return }
        if !recordings[index].isReleased {
            recordings[index].releaseOrder = (recordings.map(\.releaseOrder).max() ?? 0) + 1
            recordings[index].flags.insert(.released)
        }
        if erase { self.erase(at: index) }
        storageIsFull = false
        storageWasNearlyFull = isNearlyFull
        isDirty = true
    }

    /// - Parameter flag: `deletedByUser` or `lost`.
    mutating func remove(_ number: UInt32, as flag: ListedFlags) throws {
        guard let index = index(of: number), recordings[index].removalEvent == 0, inProgress != number else {
            throw SoftwareCardError(.noSuchRecording, "The card holds no finished recording \(number).")
        }
        let event = log(flag == .lost ? .lost(number) : .deletedByUser(number))
        let wasReleased = recordings[index].isReleased
        erased.append(ObjectID(generation: generation, number: number))
        if wasReleased {
            recordings.remove(at: index)
        } else {
            recordings[index].flags = flag
            recordings[index].bytes = []
            recordings[index].digest = nil
            recordings[index].removalEvent = event
        }
        storageIsFull = false
        storageWasNearlyFull = isNearlyFull
    }

    /// Erases released recordings, the oldest release first, never one that is being read.
    private mutating func makeRoom(for bytes: Int) throws {
        while used + bytes > settings.capacity {
            let candidates = recordings.indices.filter { recordings[$0].isReleased && recordings[$0].number != reading }
            guard let oldest = candidates.min(by: { recordings[$0].releaseOrder < recordings[$1].releaseOrder }) else {
                throw SoftwareCardError(.storageFull, "The card is full: \(settings.capacity) bytes, and nothing more was released.")
            }
            erase(at: oldest)
        }
    }

    /// Something found no room.
    mutating func noteStorageFull() {
        if !storageIsFull { log(.storageFull) }
        storageIsFull = true
    }

    /// Bytes behind `start` were changed in place.
    mutating func rewrote(_ index: Int, from start: Int) {
        let (number, bytes) = (recordings[index].number, recordings[index].bytes)
        appended.append(.init(object: ObjectID(generation: generation, number: number), offset: start, bytes: bytes[start...]))
        isDirty = true
    }

    mutating func eraseReleased(_ number: UInt32) {
        if let index = index(of: number), recordings[index].isReleased { erase(at: index) }
    }

    private mutating func erase(at index: Int) {
        erased.append(ObjectID(generation: generation, number: recordings[index].number))
        recordings.remove(at: index)
        isDirty = true
    }

    // MARK: Bonds and turns

    mutating func keepBond(with central: DeviceAddress) {
        if !bonds.contains(central) { bonds.append(central) }
        isDirty = true
    }

    mutating func closePairing() {
        pairingUntil = nil
        screen.isInPairingMode = false
    }

    /// Ends what lasted until now.
    mutating func expire(at now: Duration) {
        func isOver(_ until: Duration?) -> Bool { until.map { $0 <= now } ?? false }
        if isOver(pairingUntil) { closePairing() }
        if isOver(screen.until) { (screen.note, screen.until) = (nil, nil) }
        if isOver(findUntil) { (findUntil, screen.isFinding) = (nil, false) }
    }

    /// Factory reset: owner, bonds, recordings and events go together, and a new generation begins.
    mutating func format() {
        let last = lastRecording
        erased += recordings.map { ObjectID(generation: generation, number: $0.number) }
        let old = generation
        while generation == old { generation = UInt32(truncatingIfNeeded: settings.random()) }
        recordings = []
        bonds = []
        ownerKey = nil
        inProgress = nil
        lastRecording = 0
        screen = CardScreen()
        log = EventLog(capacity: settings.eventCapacity)
        log(.formatted(last: last))
    }

    var snapshot: CardSnapshot {
        CardSnapshot(
            serial: settings.serial, generation: generation, boot: clock.boot, lastRecording: lastRecording, log: log, ownerKey: ownerKey,
            bonds: bonds, recordings: recordings)
    }

    /// What has to be made durable before this value may be seen; nil when nothing.
    mutating func takeChange() -> VaultChange? {
        guard isDirty else { return nil }
        defer { (isDirty, appended, erased) = (false, [], []) }
        return VaultChange(appended: appended, snapshot: snapshot.bytes, erased: erased)
    }
}
