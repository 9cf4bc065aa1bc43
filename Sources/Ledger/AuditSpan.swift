internal import GRDB
internal import Recordings

/// Whether something falls into an audit's scope, as SQL over the arguments `:since`, `:until` and `:holder`.
///
/// What has no known time happened between the last time that is known before it and when it became known here. It counts in each scope that it
/// may belong to: an audit may name too much and must never name too little.
enum AuditSpan {
    /// - Parameters:
    ///   - earliest: SQL; NULL when nothing is known before it.
    ///   - latest: SQL, never NULL.
    ///   - card: SQL of the card's id.
    ///   - recording: SQL of the id of what may have been imported for somebody; nil: nothing of it may.
    static func contains(earliest: String, latest: String, card: String, recording: String? = nil) -> String {
        let earliest = "coalesce(\(earliest), \(-Int64.max))"
        let imported = recording.map { " OR EXISTS (SELECT 1 FROM import WHERE import.recording = \($0) AND import.holder = :holder)" } ?? ""
        return """
            (:since IS NULL OR \(latest) >= :since) AND (:until IS NULL OR \(earliest) < :until)
            AND (:holder IS NULL OR \(Carrying.carried(card, by: ":holder", from: earliest, to: latest))\(imported))
            """
    }

    /// Rows of `recording`.
    static let recording = contains(
        earliest: "coalesce(recording.started, \(lastStart(below: "recording.number", of: "recording", knownAt: "recording.first_seen")))",
        latest: "coalesce(recording.started, \(lastKnown))", card: "recording.card", recording: "recording.id")

    /// The clock of this machine may have been behind when a recording became known, and set by the time it was stored or delivered.
    private static let lastKnown = """
        max(recording.first_seen, coalesce(recording.stored_at, recording.first_seen), coalesce(recording.delivered_at, recording.first_seen))
        """

    /// Rows of `absence`.
    static let absence = contains(
        earliest: lastStart(below: "absence.first", of: "absence", knownAt: "absence.since"), latest: "absence.since", card: "absence.card")

    /// Rows of `event`.
    static let event = contains(earliest: "coalesce(time, received)", latest: "coalesce(time, received)", card: "event.card")

    /// A start that is later than `time` was taken by a wrong clock and says nothing.
    private static func lastStart(below number: String, of table: String, knownAt time: String) -> String {
        """
        (SELECT CASE WHEN dated.started <= \(time) THEN dated.started END FROM recording AS dated
            WHERE dated.card = \(table).card AND dated.generation = \(table).generation AND dated.current = 1
                AND dated.started IS NOT NULL AND dated.number < \(number) ORDER BY dated.number DESC LIMIT 1)
        """
    }
}

extension AuditScope {
    var arguments: [String: (any DatabaseValueConvertible)?] {
        ["since": since?.milliseconds, "until": until?.milliseconds, "card": card?.description, "holder": holder?.description]
    }

    /// Whether it asks for a part of time or for a person: else no row has to be looked at for its time.
    var isLimited: Bool { since != nil || until != nil || holder != nil }
}
