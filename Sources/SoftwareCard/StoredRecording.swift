internal import Crypto
internal import Recordings

/// One recording in the card's storage, or the statement that there was one.
struct StoredRecording: Sendable {
    let number: UInt32
    let firstEvent: UInt32
    let started: CardTime
    /// On the card's clock, while it is being recorded.
    var since: Duration = .zero
    let kind: RecordingKind
    var durationMilliseconds: UInt32 = 0
    var marks: UInt16 = 0
    var flags: ListedFlags
    /// The object. It only grows at its end while `inProgress` or not yet complete.
    var bytes: [UInt8] = []
    /// Of the whole object; nil until it is complete.
    var digest: Recordings.SHA256Digest?
    /// Its place among the released, from 1; 0 when it is not released.
    var releaseOrder: UInt32 = 0
    /// The event that reports that it was deleted or lost; 0 while it is there.
    var removalEvent: UInt32 = 0

    var isReleased: Bool { flags.contains(.released) }
    /// Complete and not released.
    var isUnsynced: Bool { flags.contains(.complete) && !isReleased }

    var listed: ListedRecording {
        ListedRecording(
            number: number, size: UInt64(bytes.count), started: started, durationMilliseconds: durationMilliseconds, kind: kind, marks: marks,
            flags: flags, firstEvent: firstEvent, digestPrefix: digest?.prefix)
    }

    /// Size and digest are final from now on.
    mutating func complete(also more: ListedFlags = []) {
        digest = Recordings.SHA256Digest(Array(SHA256.hash(data: bytes)))
        flags = flags.subtracting(.inProgress).union(.complete).union(more)
    }
}
