/// What a card's host answers, and what `--json` prints: a JSON object with the names below in snake case, without those that do not apply.
package struct CardAnswer: Codable, Sendable, Equatable {
    package struct Recording: Codable, Sendable, Equatable {
        package var number: UInt32
        package var kind: String
        /// in_progress, closing, held, released, deleted_by_user, lost
        package var state: String
        package var size: UInt64
        /// Of the object, always the truth; absent until it is complete.
        package var sha256: String?
        /// RFC 3339; absent where the card's clock was not set.
        package var started: String?
        package var durationMs: UInt32
        package var marks: Int
    }

    package var card: String
    package var serial: String?
    package var address: String?
    /// Eight hexadecimal digits.
    package var generation: String?
    package var boot: Int?
    package var clockSet: Bool?
    package var connected: Bool?
    package var inRange: Bool?
    package var pairingMode: Bool?
    package var bonds: Int?
    package var lastEvent: UInt32?
    package var lastAcknowledged: UInt32?
    package var recordings: [Recording]?

    /// The event that a press logged.
    package var event: UInt32?
    /// The memo that was spoken with it.
    package var memo: UInt32?
    package var recording: UInt32?
    package var size: UInt64?
    package var sha256: String?
    /// Six digits.
    package var passkey: String?
    /// What the screen shows, top first.
    package var lines: [String]?

    // Observed since the process started.
    package var linkLosses: Int?
    package var droppedValues: Int?
    package var wrongDigests: Int?
    package var deliveredValues: UInt64?
    package var deliveredBytes: UInt64?
    /// Faults that were asked for and have not happened yet.
    package var waitingFaults: Int?

    package init(card: String) { self.card = card }
}
