package import Recordings

/// One recording as the card holds it.
package struct HeldRecording: Sendable, Hashable {
    package enum State: String, Sendable {
        case inProgress = "in_progress"
        /// Stopped, its digest is being computed.
        case closing
        /// Complete and not released.
        case held
        case released
        case deletedByUser = "deleted_by_user"
        case lost
    }

    package let number: UInt32
    package let kind: RecordingKind
    package let state: State
    package let size: UInt64
    /// Of the whole object; nil until it is complete, and when it is gone. Always the truth, whatever the card tells a gateway.
    package let digest: SHA256Digest?
    package let started: CardTime
    package let durationMilliseconds: UInt32
    package let marks: UInt16
    package let flags: ListedFlags

    init(_ stored: StoredRecording) {
        number = stored.number
        kind = stored.kind
        size = UInt64(stored.bytes.count)
        digest = stored.digest
        started = stored.started
        durationMilliseconds = stored.durationMilliseconds
        marks = stored.marks
        flags = stored.flags
        state =
            if flags.contains(.deletedByUser) {
                .deletedByUser
            } else if flags.contains(.lost) {
                .lost
            } else if flags.contains(.inProgress) {
                .inProgress
            } else if !flags.contains(.complete) {
                .closing
            } else {
                flags.contains(.released) ? .released : .held
            }
    }
}
