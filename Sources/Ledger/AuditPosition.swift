internal import Recordings

/// A place in the list of exceptions, to go on behind it.
struct AuditPosition: Hashable, CustomStringConvertible {
    /// In the order of the list.
    enum Part: String, CaseIterable {
        case recordings, absences, events
    }

    let kind: AuditReport.Exception.Kind
    let card: CardID
    let generation: UInt32
    let part: Part
    let number: Int64

    init(kind: AuditReport.Exception.Kind, card: CardID, generation: UInt32, part: Part, number: Int64) {
        (self.kind, self.card, self.generation, self.part, self.number) = (kind, card, generation, part, number)
    }

    init?(_ text: String) {
        let fields = text.split(separator: ".", omittingEmptySubsequences: false)
        guard fields.count == 5, let kind = AuditReport.Exception.Kind(rawValue: String(fields[0])), let card = CardID(fields[1]),
            let generation = UInt32(fields[2]), let part = Part(rawValue: String(fields[3])), let number = Int64(fields[4])
        else { return nil }
        self.init(kind: kind, card: card, generation: generation, part: part, number: number)
    }

    var description: String { "\(kind.rawValue).\(card).\(generation).\(part.rawValue).\(number)" }

    func isIn(_ kind: AuditReport.Exception.Kind, _ storage: AuditedStorage, _ part: Part) -> Bool {
        self.kind == kind && card == storage.card && generation == storage.generation.number && self.part == part
    }
}
