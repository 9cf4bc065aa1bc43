internal import FoundationEssentials

/// Takes out of a text what a stranger must not read: secrets by what they are and by what they look like, names of people by what they are.
/// It rather takes too much: a report is read by somebody who can ask.
package struct Redactor: Sendable {
    /// What stands where a word was, by the word in lower case.
    private var words: [String: String] = [:]
    /// Names of scripts that write without spaces between words, and what stands for them.
    private var runs: [(text: String, sign: String)] = []
    private var secrets: [String] = []

    package init() {}

    /// These bytes are gone wherever they stand, whatever surrounds them: as text, in hexadecimal and in base64. Fewer than four are no secret.
    package mutating func hide(secret bytes: [UInt8]) {
        guard bytes.count >= 4 else { return }
        let trimmed = String(decoding: bytes, as: UTF8.self).split(whereSeparator: \.isWhitespace).joined(separator: " ")
        let hex = bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
        for text in [trimmed, hex, hex.uppercased(), Data(bytes).base64EncodedString()] where text.utf8.count >= 4 { secrets.append(text) }
    }

    /// A person, or a thing that people named: each word of the name is replaced by a sign that is the same each time.
    package mutating func hide(name: String, as sign: String) {
        for part in name.split(whereSeparator: { !Self.isWord($0) }) where part.count >= 2 && !part.allSatisfy(\.isNumber) {
            if part.unicodeScalars.contains(where: { $0.value >= 0x2E80 }) {
                runs.append((String(part), sign))
            } else {
                // Also as Anna's phone is called: Annas-Phone.
                for word in [part.lowercased(), part.lowercased() + "s"] { words[word] = words[word] ?? sign }
            }
        }
    }

    package func redact(_ text: String) -> String {
        var text = text
        for secret in secrets.sorted(by: { $0.utf8.count > $1.utf8.count }) { text = text.replacing(secret, with: "[secret]") }
        for pattern in Self.patterns { text = text.replacing(pattern.regex, with: { match in pattern.replacement(match.output) }) }
        for run in runs.sorted(by: { $0.text.count > $1.text.count }) { text = text.replacing(run.text, with: "[\(run.sign)]") }
        return withoutNames(text)
    }

    private func withoutNames(_ text: String) -> String {
        var result = ""
        var rest = text[...]
        while let first = rest.first {
            let isWord = Self.isWord(first)
            let run = rest.prefix { Self.isWord($0) == isWord }
            if isWord, let sign = words[run.lowercased()] { result += "[\(sign)]" } else { result += run }
            rest = rest[run.endIndex...]
        }
        return result
    }

    private struct Pattern: @unchecked Sendable {
        // A Regex is a value that nothing changes; it is not marked so.
        let regex: Regex<(Substring, Substring)>
        let sign: String

        /// What stood before the secret stays.
        func replacement(_ match: (Substring, Substring)) -> String { match.1 + sign }
    }

    /// What secrets look like, whoever wrote them: tokens of the API and of leases, bearers, userinfo of URLs, words that announce a secret, e-mail
    /// addresses, and long runs of hexadecimal or base64 digits, as keys are written. Digests go with them.
    private static let patterns: [Pattern] = [
        Pattern(regex: /(\b(?:es|ls)_)[A-Za-z0-9_-]{4,}/, sign: "[token]"),
        Pattern(regex: /((?i:bearer|basic)\s+)[^\s"',;]{4,}/, sign: "[token]"),
        Pattern(regex: /(\b[A-Za-z][A-Za-z0-9+.-]*:\/\/)[^\s\/@"']+@/, sign: "[user]@"),
        Pattern(regex: /(\b(?i:pass-?key|pin|confirmation|comparison)\D{0,24})\d{4,6}\b/, sign: "[passkey]"),
        Pattern(
            regex:
                /((?i:password|passwd|passphrase|secret|token|api[_-]?key|credential|private[_-]?key|irk|ltk|csrk)["']?\s*[:=]\s*["']?)[^\s"',;}\]]+/,
            sign: "[secret]"),
        Pattern(regex: /((?:^|\b))[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+/, sign: "[e-mail]"),
        Pattern(regex: /((?:^|\b))[0-9A-Fa-f]{24,}\b/, sign: "[hex]"),
        Pattern(regex: /((?:^|[^A-Za-z0-9+\/_.-]))[A-Za-z0-9+_-][A-Za-z0-9+\/_-]{39,}={0,2}/, sign: "[base64]"),
    ]

    private static func isWord(_ character: Character) -> Bool { character.isLetter || character.isNumber }
}
