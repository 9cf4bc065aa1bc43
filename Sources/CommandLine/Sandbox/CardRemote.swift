internal import FoundationEssentials
internal import GatewayAPI
internal import Subprocess
internal import SystemPackage

/// A software card's buttons and screen, from the outside: runs `earshot-card NAME …` as a person in a second terminal would.
struct CardRemote: Sendable {
    /// The longest answer of a card: a list of some thousand recordings.
    private static let answerLimit = 4 << 20

    let name: String
    let executable: FilePath
    let cards: FilePath

    /// What a person would type.
    func spelled(_ words: String...) -> String { "earshot-card \(name) \(words.joined(separator: " "))" }

    /// Runs one command and decodes its JSON answer.
    func ask<Answer: Decodable>(_ words: String..., as type: Answer.Type) async throws -> Answer { try await ask(words, as: type) }

    func ask<Answer: Decodable>(_ words: [String], as type: Answer.Type) async throws -> Answer {
        let output = try await run(words + ["--json"])
        do {
            return try JSONDecoder().decode(Answer.self, from: Data(output.utf8))
        } catch {
            throw ProgramFailure(
                description: "earshot-card \(name) \(words.joined(separator: " ")) answered what is not understood: \(output.prefix(200))")
        }
    }

    /// Runs one command for its effect.
    func tell(_ words: String...) async throws { try await tell(words) }

    func tell(_ words: [String]) async throws { _ = try await run(words) }

    private func run(_ words: [String]) async throws -> String {
        let result = try await Subprocess.run(
            .path(executable), arguments: Arguments([name] + words + ["--state", cards.string]), output: .string(limit: Self.answerLimit),
            error: .string(limit: 64 << 10))
        guard result.terminationStatus.isSuccess else {
            throw ProgramFailure(
                description: "earshot-card \(name) \(words.joined(separator: " ")): \(result.standardError)")
        }
        return result.standardOutput
    }
}
