internal import Doctor

/// Findings as a person reads them: a line each, and below what is not fine why it matters and what to do.
struct DoctorText {
    /// Of the terminal; nil when there is none.
    let columns: Int?
    let isColoured: Bool

    func lines(_ check: Check, _ finding: Finding) -> [String] {
        let name = check.name + String(repeating: " ", count: max(0, Self.nameWidth - check.name.count))
        var lines = wrapped(Shown.text(finding.found), first: "  \(mark(finding.verdict)) \(name)  ", indent: Self.indent)
        guard finding.verdict != .fine else { return lines }
        if finding.verdict != .unknown { lines += wrapped(check.why, first: Self.space, indent: Self.indent) }
        if let remedy = finding.remedy { lines += wrapped("→ " + Shown.text(remedy), first: Self.space, indent: Self.indent + 2) }
        return lines
    }

    static func summary(_ findings: [(check: Check, finding: Finding)]) -> String {
        func count(_ verdict: Finding.Verdict, _ words: String) -> String? {
            let count = findings.count { $0.finding.verdict == verdict }
            return count == 0 ? nil : "\(count) \(words)"
        }
        let parts = [
            count(.fine, "fine"), count(.advice, "could be better"), count(.trouble, "need a person"), count(.unknown, "could not be looked at"),
        ]
        let mendable = findings.filter { !$0.finding.mending.isEmpty }.map(\.check.name)
        return "\(findings.count) checks: \(parts.compactMap { $0 }.joined(separator: ", "))."
            + (mendable.isEmpty ? "" : " earshot doctor --fix can do: \(mendable.joined(separator: ", ")).")
    }

    func wrapped(_ text: String, first: String = "", indent: Int = 0) -> [String] {
        guard let columns else { return [first + text] }
        let room = max(24, columns - indent)
        var lines: [String] = []
        var line = ""
        for word in text.split(separator: " ", omittingEmptySubsequences: false).flatMap({ Self.pieces($0, room) }) {
            let next = line.isEmpty ? String(word) : line + " " + word
            if TextWidth.of(next) > room, !line.isEmpty {
                lines.append(line)
                line = String(word)
            } else {
                line = next
            }
        }
        lines.append(line)
        return lines.enumerated().map { ($0.offset == 0 ? first : String(repeating: " ", count: indent)) + $0.element }
    }

    /// A word that no line could hold, cut.
    private static func pieces(_ word: Substring, _ room: Int) -> [String] {
        var pieces = [""]
        for character in word {
            if let last = pieces.last, TextWidth.of(last + String(character)) > room { pieces.append("") }
            pieces[pieces.count - 1].append(character)
        }
        return pieces
    }

    private static let nameWidth = Check.all.map(\.name.count).max() ?? 0
    private static let indent = nameWidth + 6
    private static let space = String(repeating: " ", count: indent)

    private func mark(_ verdict: Finding.Verdict) -> String {
        let (sign, colour) =
            switch verdict {
            case .fine: ("✓", 32)
            case .advice: ("!", 33)
            case .trouble: ("✗", 31)
            case .unknown: ("?", 36)
            }
        return isColoured ? "\u{1B}[\(colour)m\(sign)\u{1B}[0m" : sign
    }
}
