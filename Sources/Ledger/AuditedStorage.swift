internal import GRDB
internal import Recordings

/// One generation of one card under audit.
struct AuditScope {
    let card: CardID
    let name: String
    let generation: Generation
    let since: UTCTime?
    let until: UTCTime?
    let holder: HolderID?
    /// The highest event number that the card said it gave out.
    let lastEvent: Int64
    /// Up to which another gateway acknowledged events.
    let foreign: Int64

    var number: Int64 { Int64(generation.number) }

    init(_ row: Row, since: UTCTime?, until: UTCTime?, holder: HolderID?) throws {
        guard let serial = CardSerial(try row.value("serial") as String) else { throw Row.damaged("serial") }
        card = try row.identifier("card")
        name = try row.value("name")
        generation = Generation(serial: serial, number: try row.unsigned("number"))
        lastEvent = try row.value("last_event")
        foreign = try row.value("foreign_acknowledged")
        (self.since, self.until, self.holder) = (since, until, holder)
    }

    /// Splits a gap by what is known of it.
    func explain(_ gap: ClosedRange<Int64>, highestHeld: Int64) -> [(ClosedRange<Int64>, AuditReport.Exception.Kind, String)] {
        var parts: [(ClosedRange<Int64>, AuditReport.Exception.Kind, String)] = []
        if gap.lowerBound <= foreign {
            parts.append((gap.lowerBound...min(gap.upperBound, foreign), .explained, "Acknowledged by another gateway, which holds them."))
        }
        let rest = max(gap.lowerBound, foreign + 1)
        if rest <= gap.upperBound {
            parts.append(
                rest > highestHeld
                    ? (rest...gap.upperBound, .waiting, "Still on the card.")
                    : (rest...gap.upperBound, .unexplained, "The card gave out these numbers and had no such events any more."))
        }
        return parts
    }
}
