/// One line from a second terminal to the cards: a JSON object with the names below in snake case. Fields that a command does not use are
/// left out.
package struct CardOrder: Codable, Sendable, Equatable {
    package enum Command: String, Codable, Sendable, CaseIterable {
        case list, screen, passkey, pair, type, confirm, refuse, press, record, stop, mark, delete, lose, reboot, dump, battery, rate
        case walkAway = "walk-away"
        case comeBack = "come-back"
        case linkLoss = "link-loss"
        case drop
        case wrongDigest = "wrong-digest"
        case faults
    }

    package var card: String
    package var command: Command
    package var button: String?
    package var gesture: String?
    /// Whole paths of sound files.
    package var files: [String]?
    package var kind: String?
    /// Milliseconds.
    package var lengthMs: UInt64?
    package var marks: Int?
    /// Milliseconds.
    package var endedAgoMs: UInt64?
    package var recording: UInt32?
    package var lie: String?
    /// Bytes of link-loss, values of drop.
    package var after: Int?
    package var count: Int?
    package var percent: Int?
    /// Bytes a second; 0: as fast as it goes.
    package var rate: Int?
    /// Six digits that its user types.
    package var passkey: UInt32?
    /// Whole path of the file to write.
    package var path: String?

    package init(card: String, command: Command) {
        self.card = card
        self.command = command
    }
}
