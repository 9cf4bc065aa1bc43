package import Recordings

/// What a demo run observed; every figure of its last screen stands here.
package struct DemoFindings: Sendable {
    package struct Row: Sendable {
        package let card: String
        package let number: UInt32
        /// As the gateway knows it; nil while unknown.
        package let started: UTCTime?
        package let clock: ClockTrust
        package let milliseconds: UInt32
        package let kind: String
        package let isOneKey: Bool
        package let marks: Int
        package let size: UInt64
        /// Of the card's object, as the card says.
        package let onCard: SHA256Digest?
        /// Of what the gateway holds.
        package let held: SHA256Digest?
        /// Whether the delivered file was compared with the card's object byte for byte, and was equal.
        package let isEqual: Bool
        package let state: RecordingState?
        package let isDelivered: Bool
        /// When its user deleted it on the card.
        package let deleted: UTCTime?

        package init(
            card: String, number: UInt32, started: UTCTime?, clock: ClockTrust, milliseconds: UInt32, kind: String, isOneKey: Bool, marks: Int,
            size: UInt64, onCard: SHA256Digest?, held: SHA256Digest?, isEqual: Bool, state: RecordingState?, isDelivered: Bool, deleted: UTCTime?
        ) {
            self.card = card
            self.number = number
            self.started = started
            self.clock = clock
            self.milliseconds = milliseconds
            self.kind = kind
            self.isOneKey = isOneKey
            self.marks = marks
            self.size = size
            self.onCard = onCard
            self.held = held
            self.isEqual = isEqual
            self.state = state
            self.isDelivered = isDelivered
            self.deleted = deleted
        }
    }

    /// Something that went wrong on purpose, and what was seen to follow.
    package struct Mishap: Sendable {
        package let what: String
        package let then: String
        package let proof: String
        package let isMended: Bool

        package init(what: String, then: String, proof: String, isMended: Bool) {
            self.what = what
            self.then = then
            self.proof = proof
            self.isMended = isMended
        }
    }

    /// The one-key press and what followed, as durations since the press.
    package struct OneKey: Sendable {
        package let card: String
        package let pressed: UTCTime
        package let logged: Duration
        package let memoHere: Duration
        package let agentDone: Duration
        /// What the card's screen shows, asked of the card itself.
        package let screen: String

        package init(card: String, pressed: UTCTime, logged: Duration, memoHere: Duration, agentDone: Duration, screen: String) {
            self.card = card
            self.pressed = pressed
            self.logged = logged
            self.memoHere = memoHere
            self.agentDone = agentDone
            self.screen = screen
        }
    }

    /// One card's line of the audit.
    package struct CardAudit: Sendable {
        package let card: String
        package let last: UInt32
        package let held: Int
        package let delivered: Int
        package let deleted: Int

        package init(card: String, last: UInt32, held: Int, delivered: Int, deleted: Int) {
            self.card = card
            self.last = last
            self.held = held
            self.delivered = delivered
            self.deleted = deleted
        }
    }

    package var rows: [Row] = []
    package var mishaps: [Mishap] = []
    package var oneKey: OneKey?
    package var audits: [CardAudit] = []
    /// Events the cards logged, and those the gateway holds.
    package var eventsOnCards = 0
    package var eventsHeld = 0
    /// What the audit cannot explain.
    package var unexplained = 0
    package var took: Duration = .zero
    package var example = ""
    package var ask = ""
    /// The file that a second terminal reads first.
    package var surroundings = ""
    package var press = ""
    package var playOn = ""
    package var again = ""

    package init() {}

    package var heldRows: [Row] { rows.filter { $0.deleted == nil } }

    /// Whether the demo may say that all went well: exit status 0.
    package var isProven: Bool {
        unexplained == 0 && !rows.isEmpty && heldRows.allSatisfy { $0.isEqual && $0.isDelivered && $0.state == .proven && $0.onCard == $0.held }
            && mishaps.allSatisfy(\.isMended) && eventsHeld == eventsOnCards && oneKey != nil
    }
}
