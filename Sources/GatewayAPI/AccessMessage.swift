package import Recordings

/// An entry of `GET /v1/accesses`: who listened, paired or changed something.
package struct AccessMessage: Codable, Hashable, Sendable {
    package let sequence: Int64
    package let at: UTCTime
    /// `uid:1000`, a token's holder as `queue:decode`, or `earshotd`.
    package let who: String
    /// `audio.read`, `artifact.read`, `card.paired`, `card.renamed`; words are only ever added.
    package let what: String
    /// The id of a recording, card, holder or job; empty when it concerns the box.
    package let subject: String
    /// For a person; may be empty.
    package let detail: String

    package init(sequence: Int64, at: UTCTime, who: String, what: String, subject: String, detail: String) {
        self.sequence = sequence
        self.at = at
        self.who = who
        self.what = what
        self.subject = subject
        self.detail = detail
    }
}
