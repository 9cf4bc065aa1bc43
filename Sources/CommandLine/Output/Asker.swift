/// Asks a person for a yes or a no: the one way in which a command does. On standard error, so that standard output stays what the command is for.
struct Asker {
    private let incidents: PairingIncidents

    init() throws { incidents = PairingIncidents(input: try TerminalInput()) }

    /// Only `y` and `yes` are a yes.
    ///
    /// - Returns: nil when nobody types any more.
    func agrees(_ question: String) async throws -> Bool? {
        guard let line = try await incidents.ask(question + " yes or no: ", on: .error) else { return nil }
        return ["y", "yes"].contains(line.lowercased().filter { !$0.isWhitespace })
    }

    /// Before something that cannot be taken back as easily: returns when the person says yes, or had said so beforehand.
    ///
    /// - Parameters:
    ///   - yes: `--yes`.
    ///   - nothing: what is said when nothing is done.
    /// - Throws: `CommandEnd`: a no, or nobody to ask.
    static func confirm(_ question: String, yes: Bool, nothing: String) async throws {
        guard !yes else { return }
        switch try await Asker().agrees(question) {
        case true?: return
        case false?: throw CommandEnd(.failed, "Not confirmed: \(nothing).")
        case nil: throw CommandEnd(.needsPerson, "Nobody answered: \(nothing). --yes does not ask.")
        }
    }
}
