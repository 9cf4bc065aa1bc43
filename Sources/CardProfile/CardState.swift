package import Recordings

/// What a card holds and does, as the server session asks for it. The session decides by the profile what a request may do; the
/// card only stores and shows. Nothing here waits: what must be durable is durable on return.
package protocol CardState {
    var features: Features { get }
    var serial: CardSerial { get }
    /// nil: the card has no owner and obeys every link of the required security.
    var ownerKey: OwnerKey? { get }
    /// The number of the newest event; 0 for none.
    var lastEvent: UInt32 { get }
    /// The highest number that any gateway acknowledged; 0 for none.
    var lastAcknowledged: UInt32 { get }

    /// A recording that either list holds, with its size and flags at this moment.
    func recording(_ number: UInt32) -> ListedRecording?

    /// The whole digest of a complete recording.
    func digest(of recording: UInt32) -> SHA256Digest?

    /// The first entry of a list at or behind a number: of those released and still held, or of those not released.
    func firstRecording(from number: UInt32, released: Bool) -> ListedRecording?

    /// The first event at or behind a number that is not acknowledged.
    func firstEvent(from number: UInt32) -> CardEvent?

    /// How many entries a list or the log (`ObjectNumber`) has at or behind a number: an estimate.
    func count(of object: UInt32, from number: UInt32) -> Int

    /// Exactly `count` bytes of a recording, all inside its size; nil after a storage fault.
    func read(_ recording: UInt32, at offset: UInt64, count: Int) -> ArraySlice<UInt8>?

    /// The digest was right. A second release may turn `erase` on.
    mutating func release(_ recording: UInt32, erase: Bool) throws(ControlResult)

    /// Sets the clock and logs event 9 where the profile asks for it.
    mutating func setTime(_ now: UTCTime, minutesEast: Int16) throws(ControlResult) -> ClockAnswer

    mutating func acknowledge(upTo number: UInt32) throws(ControlResult)

    /// Returns the recording it is about, 0 for none; throws `noSuchObject` for a mark while not recording.
    mutating func record(_ command: RecordCommand) throws(ControlResult) -> UInt32

    mutating func show(_ note: ScreenNote)

    mutating func find(seconds: UInt8)

    mutating func setOwner(_ key: OwnerKey) throws(ControlResult)

    /// 16 fresh random bytes.
    mutating func makeChallenge() -> [UInt8]
}
