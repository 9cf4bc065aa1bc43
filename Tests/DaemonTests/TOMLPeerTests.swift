import Daemon
import Foundation
import Subprocess
import SystemPackage
import Testing

/// The reader beside Python's tomllib: both refuse the same documents and read the same of the others. Documents are the examples of the other
/// suites, the corpus of the fuzzer, and what a seeded hand makes of them.
@Suite struct TOMLPeerTests {
    private static let damaged = 4000

    @Test func bothReadersAgree() async throws {
        // A byte order mark is ours alone, and so is the limit of depth.
        let documents = try Self.documents().filter { !$0.contains("\u{FEFF}") }
        let peer = try await Self.peer(documents)
        try #require(peer.count == documents.count)
        var refused = 0
        for (document, theirs) in zip(documents, peer) {
            let ours = Self.shown(document)
            if theirs == "refused" { refused += 1 }
            #expect(ours == theirs, "\(document.debugDescription)")
        }
        // A hand too heavy or too light would prove nothing.
        #expect(refused > documents.count / 10 && refused < documents.count * 9 / 10, "\(refused) of \(documents.count)")
    }

    private static func documents() throws -> [String] {
        let corpus = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().appending(path: "Fuzzing/Corpus/configuration")
        let lines = try String(contentsOf: corpus, encoding: .utf8).split(separator: "\n")
        let kept = lines.compactMap { Data(base64Encoded: String($0)) }.compactMap { String(validating: $0, as: UTF8.self) }
        let examples = [ConfigurationTests.whole] + TOMLTests.read.map(\.text) + TOMLTests.refused.map(\.text)
        var hand = Hand(seed: 1)
        let sources = examples + kept
        // What is whole before: of what is damaged already, more damage makes nothing.
        let whole = sources.filter { shown($0) != "refused" }
        return sources + (0..<damaged).map { _ in hand.damage(whole) }
    }

    private static func peer(_ documents: [String]) async throws -> [String] {
        let script = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "tomllib_peer.py").path
        let input = documents.map { Data($0.utf8).base64EncodedString() + "\n" }.joined()
        let run = try await Subprocess.run(
            .name("python3"), arguments: [script], input: .string(input), output: .string(limit: 64 << 20), error: .string(limit: 1 << 20))
        try #require(run.terminationStatus.isSuccess, "\(run.standardError)")
        return run.standardOutput.split(separator: "\n").map(String.init)
    }

    private static func shown(_ document: String) -> String {
        do { return shown(.table(try TOMLReader.read(document))) } catch { return "refused" }
    }

    private static func shown(_ content: TOMLValue.Content) -> String {
        switch content {
        case .string(let text): "s" + hexadecimal(text.utf8)
        case .integer(let value): "i\(value)"
        case .number(let value): value.isNaN ? "nan" : "f" + hexadecimal((0..<8).map { UInt8(truncatingIfNeeded: value.bitPattern >> (56 - 8 * $0)) })
        case .bool(let value): "\(value)"
        case .moment(let moment): moment.kind.rawValue
        case .array(let items): "[" + items.map { shown($0.content) }.joined(separator: ",") + "]"
        case .table(let table):
            "{" + table.members.map { hexadecimal($0.key.utf8) + "=" + shown($0.value.value.content) }.sorted().joined(separator: ",") + "}"
        }
    }

    private static func hexadecimal(_ bytes: some Sequence<UInt8>) -> String {
        bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }
}

/// Damages documents as its seed says.
private struct Hand {
    private var state: UInt64
    /// What TOML's rules turn on.
    private static let pieces = [
        "[", "]", "[[", "]]", "{", "}", "=", ",", ".", "\"", "'", "\"\"\"", "'''", "\\", "#", "\n", "\r\n", " ", "\t", "a", "a.b", "[a]\n", "[[a]]\n",
        "a = 1\n", "b.c = 2\n", "0", "-", "_", "e5", "inf", "2026-11-23", "T09:14:01", "Z", "\\u00e4", "\\\n", "true", "ä",
    ]

    init(seed: UInt64) { state = seed }

    mutating func damage(_ documents: [String]) -> String {
        var scalars = Array(documents[below(documents.count)].unicodeScalars)
        for _ in 0...below(3) {
            let place = below(scalars.count + 1)
            switch below(4) {
            case 0: scalars.removeSubrange(place..<min(scalars.count, place + 1 + below(3)))
            case 1: scalars.insert(contentsOf: Self.pieces[below(Self.pieces.count)].unicodeScalars, at: place)
            case 2: scalars.insert(contentsOf: scalars[place..<min(scalars.count, place + 1 + below(12))], at: below(scalars.count + 1))
            default:
                let other = Array(documents[below(documents.count)].unicodeScalars)
                let from = below(other.count + 1)
                scalars.insert(contentsOf: other[from..<min(other.count, from + 1 + below(40))], at: place)
            }
        }
        return String(String.UnicodeScalarView(scalars))
    }

    /// splitmix64
    private mutating func below(_ bound: Int) -> Int {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return Int((mixed ^ (mixed >> 31)) % UInt64(bound))
    }
}
