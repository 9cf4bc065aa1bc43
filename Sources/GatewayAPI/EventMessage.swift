package import Recordings

/// A CloudEvents 1.0 event in structured JSON: the same object in lists, streams, jobs and later webhooks.
package struct EventMessage: Codable, Hashable, Sendable {
    package static let typePrefix = "earshot."

    package let specversion: String
    package let id: EventID
    /// `/cards/ID`, or `/` for the gateway's own.
    package let source: String
    /// `earshot.button.pressed`
    package let type: String
    /// The recording it is about.
    package let subject: String?
    /// nil as long as the card's clock is not known.
    package let time: UTCTime?
    /// 20 digits; rises with every event, gaps mean nothing.
    package let sequence: String
    package let datacontenttype: String
    /// What belongs to the type, and `key`, `number`, `clock`, `received`, `late_ms`, `gateway`, `card`, `holder`.
    package let data: JSONValue

    package init(id: EventID, source: String, type: String, subject: String?, time: UTCTime?, sequence: Int64, data: JSONValue) {
        specversion = "1.0"
        self.id = id
        self.source = source
        self.type = Self.typePrefix + type
        self.subject = subject
        self.time = time
        let digits = String(max(0, sequence))
        self.sequence = String(repeating: "0", count: 20 - digits.count) + digits
        datacontenttype = "application/json"
        self.data = data
    }

    /// The sequence as a number: `?after=` and `Last-Event-ID`.
    package var position: Int64? { Int64(sequence) }
}

/// `GET /v1/events` as JSON.
package struct EventsMessage: Codable, Hashable, Sendable {
    package let items: [EventMessage]
    /// What to hand back as `?after=`: also when `items` is empty.
    package let after: Int64

    package init(items: [EventMessage], after: Int64) {
        self.items = items
        self.after = after
    }
}
