internal import Bytes
internal import CardProfile
internal import GATT

/// What the card knows of the one link that it has.
final class CardLink {
    let link: any ServerLink
    var server: CardServer
    /// When it was connected, on the card's clock.
    let since: Duration
    /// When the gateway last sent something.
    var heard: Duration
    /// An attribute was reached, and all of them demand encryption.
    var isEncrypted = false
    /// What the screen shows while a pairing waits for it.
    var passkey: UInt32?
    /// What its user is asked in a pairing, and what he said.
    var question: PairingQuestion?
    var answer: PairingAnswer?
    /// A response that waits to be indicated.
    var response: [UInt8]?
    /// A response is waiting or being indicated.
    var isResponding = false
    /// The object of the last READ.
    var reading: UInt32 = 0
    /// Since when a transfer waits for credit.
    var starving: Duration?

    var notifiesEvents = false
    /// A hint waits for the stack to take it.
    var isHinting = false
    /// The last event that was notified, or that was there before the link.
    var hinted: UInt32
    var notifiesStatus = false
    var toldStatus: Status?
    var toldStatusAt: Duration?
    var notifiesBattery = false
    var toldBattery: UInt8

    init(_ link: any ServerLink, server: consuming CardServer, now: Duration, lastEvent: UInt32, battery: UInt8) {
        self.link = link
        self.server = server
        since = now
        heard = now
        hinted = lastEvent
        toldBattery = battery
    }

    /// Remembers what a READ is about, so that its space is not given away.
    ///
    /// - Returns: whether a list begins.
    func noteReading(_ request: [UInt8]) -> Bool {
        var reader = ByteReader(request)
        guard let opcode = try? reader.u8("opcode"), opcode == ControlOpcode.read.rawValue, (try? reader.u8("tag")) != nil,
            let object = try? reader.u32("object"), server.isTransferring
        else { return false }
        reading = object
        return object == ObjectNumber.list || object == ObjectNumber.releasedList
    }

    /// Whether the last READ was about a recording.
    var isReadingRecording: Bool { ObjectNumber.recordings.contains(reading) }

    /// When Status may be notified again; nil: at any time.
    var statusDue: Duration? { toldStatusAt.map { $0 + CardRules.statusInterval } }

    /// The moments on the card's clock at which something about this link is due.
    func due(inPairingMode: Bool, status: Status) -> [Duration] {
        var due = [heard + CardRules.silence]
        if !isEncrypted { due.append(since + (inPairingMode ? CardRules.unencryptedInPairingMode : CardRules.unencrypted)) }
        if let starving { due.append(starving + CardServer.creditPatience) }
        if !isHinting, notifiesStatus, let statusDue, let toldStatus, status.differs(from: toldStatus) { due.append(statusDue) }
        return due
    }

    /// Whether the profile wants the link dropped now.
    func isOver(at now: Duration, inPairingMode: Bool) -> Bool {
        if now >= heard + CardRules.silence { return true }
        if !isEncrypted, now >= since + (inPairingMode ? CardRules.unencryptedInPairingMode : CardRules.unencrypted) { return true }
        return starving.map { now >= $0 + CardServer.creditPatience } ?? false
    }
}

extension Status {
    /// Whether something changed that is worth a notification.
    func differs(from other: Status) -> Bool {
        state != other.state || flags != other.flags || unsynced != other.unsynced || recordingInProgress != other.recordingInProgress
            || lastEvent != other.lastEvent
    }
}
