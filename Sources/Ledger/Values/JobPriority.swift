/// The higher is leased first.
package enum JobPriority: Int, Sendable, Hashable, CaseIterable, CustomStringConvertible {
    case low = 0
    case normal = 1
    case urgent = 2

    package var description: String {
        switch self {
        case .low: "low"
        case .normal: "normal"
        case .urgent: "urgent"
        }
    }

    package init?(_ name: some StringProtocol) {
        guard let match = Self.allCases.first(where: { $0.description == name }) else { return nil }
        self = match
    }
}
