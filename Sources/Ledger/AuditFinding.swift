internal import Recordings

/// What a recording's state means to the audit; nil: held and delivered.
struct AuditFinding {
    typealias Kind = AuditReport.Exception.Kind

    let kind: Kind
    let cause: String

    init?(state: RecordingState, isDelivered: Bool) {
        switch state {
        case .listed: (kind, cause) = (.waiting, "Still on the card; nothing of it was pulled yet.")
        case .pulling: (kind, cause) = (.waiting, "On its way from the card.")
        case .stored, .proven:
            if isDelivered { return nil }
            (kind, cause) = (.waiting, "Held here and not delivered yet.")
        case .contested: (kind, cause) = (.waiting, "The card did not accept its digest; a second copy is being pulled.")
        case .disputed: (kind, cause) = (.explained, "Two whole pulls agree with each other and not with the card; a person must look.")
        case .unreadable: (kind, cause) = (.explained, "Every pull differed from the others; the card keeps it.")
        case .deletedOnCard: (kind, cause) = (.explained, "Its user deleted it on the card.")
        case .lostOnCard: (kind, cause) = (.explained, "The card lost it to a storage fault.")
        case .releasedElsewhere: (kind, cause) = (.explained, "Another gateway released it and holds it.")
        case .missing: (kind, cause) = (.unexplained, "The ledger says stored and the file is gone.")
        case .vanished: (kind, cause) = (.unexplained, "The card does not list it any more and nothing says why.")
        }
    }

    /// The recordings of one kind, as SQL conditions of which each row meets one at most.
    static func conditions(of kind: Kind) -> [String] {
        func states(_ fits: (RecordingState) -> Bool) -> String? {
            let names = RecordingState.allCases.filter(fits).map { "'\($0.rawValue)'" }
            return names.isEmpty ? nil : "state IN (\(names.joined(separator: ", ")))"
        }
        func isKind(_ state: RecordingState, isDelivered: Bool) -> Bool { AuditFinding(state: state, isDelivered: isDelivered)?.kind == kind }
        return [
            states { isKind($0, isDelivered: true) },
            states { isKind($0, isDelivered: false) && !isKind($0, isDelivered: true) }.map { $0 + " AND delivered_at IS NULL" },
        ].compactMap { $0 }
    }
}
