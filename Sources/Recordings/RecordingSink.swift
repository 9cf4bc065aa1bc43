internal import Bytes

/// The recordings and events of one card, as a driver fills them: what is held, and the durable steps in their order.
///
/// Conformers: `CardCustody` of RecordingStore, and the benchmark's counting sink. A method returns when what it promises is
/// durable. All may throw `CustodyError`; after any error the session ends and the next one asks `held` again.
/// One session at a time uses a sink.
package protocol RecordingSink: Sendable {
    /// First call of a session: the card says who it is. Refused when its serial is not the one it was paired with.
    ///
    /// - Returns: the number of the last event committed of this generation; 0 for none.
    func open(_ generation: Generation) async throws -> UInt32

    /// The key that is to prove whose card this is, and the one that it shall have; nil when this gateway has none. After `open`.
    func ownerKeys() async throws -> OwnerKeys?

    /// What the card made of them.
    func owner(_ outcome: OwnerOutcome) async throws

    /// What the card's Status said: its last event, and the last event that any gateway acknowledged. Numbers up to the latter
    /// that are not held here went to another gateway and are recorded as such.
    func note(lastEvent: UInt32, acknowledgedByAnyone: UInt32) async throws

    /// A clock reading of this session mends times that were taken in the same boot without a clock.
    func mend(by reading: ClockReading) async throws

    /// Commits events in rising order, each once: a number already held is skipped, a gap is recorded as one.
    ///
    /// - Parameter received: when the first of them arrived here.
    /// - Returns: the highest number that may be acknowledged.
    func commit(events: [CardEvent], received: UTCTime) async throws -> UInt32

    /// The card's log was read to its end after its Status had told of this last event: what is not held by now is no longer on the card.
    func logWasRead(upTo lastEvent: UInt32) async throws

    /// The card confirmed ACK_EVENTS up to this number.
    func acknowledged(upTo number: UInt32) async throws

    /// The card's whole list, in rising number: recordings not released, and those released that it still holds. Commits what
    /// is new, notices deleted, lost and missing numbers.
    ///
    /// - Returns: what to do about each, oldest recording first.
    func plan(listed: [ListedRecording], released: [ListedRecording]) async throws -> [CustodyStep]

    /// Before the first READ of a recording in a session: reserves room for the rest.
    ///
    /// - Returns: the durable offset to READ from; 0 when the card's entry shows another digest or a smaller size than the part.
    /// - Throws: `CustodyError.noRoom` when the reserve would be touched: the card keeps its copy.
    func begin(_ recording: ListedRecording) async throws -> UInt64

    /// Appends bytes behind the last ones. Not durable until `checkpoint`; the store makes its own checkpoints each 1 MiB.
    func append(_ bytes: [UInt8], to recording: UInt32) async throws

    /// Makes what was appended durable and commits the offset.
    ///
    /// - Parameter proven: the checksum of the transfer was right: all bytes so far are proven.
    /// - Returns: the durable offset.
    func checkpoint(_ recording: UInt32, proven: Bool) async throws -> UInt64

    /// The transfer's checksum was wrong: throws away every byte behind `offset`, where that transfer began.
    func discard(_ recording: UInt32, backTo offset: UInt64) async throws

    /// The card does not give a recording that it lists, for a reason that a person may read. It is asked again in a later session.
    func hindered(_ recording: UInt32, because cause: String) async throws

    /// All bytes are here: re-reads, hashes, renames, commits, enqueues jobs (the durable order of docs/custody.md).
    func seal(_ recording: ListedRecording) async throws -> SealOutcome

    /// The card answered RELEASE.
    ///
    /// - Returns: whether to pull it once more in this session.
    func released(_ recording: UInt32, answer: ReleaseAnswer) async throws -> ReleaseOutcome
}

/// What a session does about one recording.
package enum CustodyStep: Hashable, Sendable {
    /// READ it, seal it, RELEASE it.
    case pull(ListedRecording)
    /// It is stored: quote this digest in RELEASE.
    case release(number: UInt32, digest: SHA256Digest, size: UInt64)
}

package enum SealOutcome: Hashable, Sendable {
    /// Durable under its final name. RELEASE may follow at once when `mayRelease`; else policy waits for delivery.
    case stored(SHA256Digest, mayRelease: Bool)
    /// The digest is not the one that the card lists: READ again from this offset.
    case differs(resumeAt: UInt64)
    /// Enough pulls were made for now; the ledger knows the reason. Go on with the next recording.
    case setAside
}

/// RELEASE's result as the profile numbers it.
package enum ReleaseAnswer: Hashable, Sendable {
    /// Result 0.
    case accepted
    /// Result 3: gone already.
    case gone
    /// Result 5.
    case digestDiffers
    /// Any other result: asked again in a later session.
    case refused(result: UInt8)
}

package enum ReleaseOutcome: Hashable, Sendable {
    case done
    /// The card does not accept the digest: pull a second copy beside the first.
    case pullAgain
}

/// The 32 bytes on whose behalf a gateway speaks (Recorder Card Profile, Owner). Never printed.
package struct OwnerKey: Hashable, Sendable, CustomStringConvertible, CustomReflectable {
    package let bytes: [UInt8]

    package init?(_ bytes: some Collection<UInt8>) {
        guard bytes.count == 32 else { return nil }
        self.bytes = Array(bytes)
    }

    /// 64 hexadecimal digits, in either case; nil for anything else.
    package init?(hex: some StringProtocol) {
        let digits = Array(hex.utf8)
        guard digits.count == 64 else { return nil }
        var bytes: [UInt8] = []
        for index in stride(from: 0, to: 64, by: 2) {
            guard let high = Self.value(digits[index]), let low = Self.value(digits[index + 1]) else { return nil }
            bytes.append(high << 4 | low)
        }
        self.init(bytes)
    }

    /// For who keeps it: never for a log.
    package var hex: String { bytes.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined() }

    private static func value(_ digit: UInt8) -> UInt8? {
        switch digit {
        case 0x30...0x39: digit - 0x30
        case 0x41...0x46: digit - 0x41 + 10
        case 0x61...0x66: digit - 0x61 + 10
        default: nil
        }
    }

    package var description: String { "OwnerKey(…)" }
    package var customMirror: Mirror { Mirror(self, children: [:]) }
}

/// Which of its owner's keys a card is asked with. What a card has is of use for no other card.
package struct OwnerKeys: Hashable, Sendable {
    /// What the card most likely has.
    package let proof: OwnerKey
    /// What it shall have from now on.
    package let current: OwnerKey
    /// Whether it was seen to have the key of that time: that it has none is then a lie, or it is another device.
    package let wasGiven: Bool

    package init(proof: OwnerKey, current: OwnerKey, wasGiven: Bool = false) {
        self.proof = proof
        self.current = current
        self.wasGiven = wasGiven
    }
}

/// What a card made of an owner key.
package enum OwnerOutcome: Hashable, Sendable {
    /// It has this key: it accepted the proof, or it was given it.
    case has(OwnerKey)
    /// It did not accept the proof by this key, and the link ends.
    case refused(OwnerKey)
}

/// Why a sink could not do what was asked.
package enum CustodyError: Error, Hashable, Sendable, CustomStringConvertible {
    /// Another serial than at pairing, or one that is paired under another bond.
    case serialRefused(paired: CardSerial?, said: CardSerial)
    /// Storing this would leave less than the reserve, or the disk is full. The card keeps its copy.
    case noRoom(needed: UInt64, free: UInt64)
    /// More than a card may bring: which limit, what came, what is allowed.
    case limit(String, came: UInt64, allowed: UInt64)
    /// A file or database call failed; nothing was lost, the committed offset counts.
    case storage(String)
    /// A call in the wrong order.
    case misuse(String)

    package var description: String {
        switch self {
        case .serialRefused(let paired, let said):
            "The card says its serial number is \(said)" + (paired.map { "; it was paired as \($0)." } ?? ", which belongs to another bond.")
        case .noRoom(let needed, let free):
            "No room: \(ByteSize.text(needed)) are needed and \(ByteSize.text(free)) are free above the reserve. The card keeps its copy."
        case .limit(let what, let came, let allowed): "\(what): \(came) is more than the \(allowed) that is allowed."
        case .storage(let text), .misuse(let text): text
        }
    }
}
