/// Asks before something is done that cannot be taken back as easily.
enum Confirmation {
    /// Returns when the person says yes, or had said so beforehand.
    ///
    /// - Parameters:
    ///   - yes: `--yes`.
    ///   - nothing: what is said when nothing is done.
    /// - Throws: `CommandEnd`: a no, or nobody to ask.
    static func ask(_ question: String, yes: Bool, nothing: String) async throws {
        guard !yes else { return }
        let incidents = PairingIncidents(input: try TerminalInput())
        switch try await incidents.ask(question + " yes or no: ", on: .error)?.lowercased() {
        case "y", "yes": return
        case .some: throw CommandEnd(.failed, "Not confirmed: \(nothing).")
        case nil: throw CommandEnd(.needsPerson, "Nobody answered: \(nothing). --yes does not ask.")
        }
    }
}
