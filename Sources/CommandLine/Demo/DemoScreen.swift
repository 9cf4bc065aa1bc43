internal import Bytes
package import Recordings

/// Draws the last screen of the demo. A value of findings in, lines out.
package struct DemoScreen: Sendable {
    /// Under this many columns, and without a terminal, nothing is framed.
    static let frameWidth = 100

    let findings: DemoFindings
    let isFramed: Bool
    let clock: @Sendable (UTCTime) -> String

    /// - Parameters:
    ///   - columns: of the terminal; nil without one.
    ///   - clock: a time of day as the person reads it, `09:31:02`.
    package init(_ findings: DemoFindings, columns: Int?, clock: @escaping @Sendable (UTCTime) -> String) {
        self.findings = findings
        self.clock = clock
        isFramed = (columns ?? 0) >= Self.frameWidth
    }

    package var lines: [String] {
        var lines = [headline, ""]
        lines += [
            " " + columns(["card", "no", "started", "length", "kind", "marks", "size", "SHA-256 card = file", "state"])
        ]
        lines += findings.rows.map { " " + columns(cells($0)) }
        lines += ["", " What went wrong on the way, on purpose"]
        let widths = [\DemoFindings.Mishap.what, \.then].map { path in findings.mishaps.map { $0[keyPath: path].count }.max() ?? 0 }
        lines += findings.mishaps.map { mishap in
            " \(mishap.isMended ? "✓" : "✗") \(fill(mishap.what, widths[0]))  \(fill(mishap.then, widths[1]))  \(mishap.proof)".trimmedRight
        }
        lines.append("")
        lines += oneKeyLines
        lines += auditLines
        lines += ["", " Listen    \(findings.example)   (.wav, .json beside it)"]
        lines.append(" Play on   \(findings.playOn)")
        lines.append("           then in a second terminal:   . \(findings.surroundings)")
        lines.append("           \(fill(findings.ask, 21)) \(findings.press)")
        lines.append(" Again     \(findings.again)   (other faults)")
        lines += ["", " All real: same programs, D-Bus, sockets and files as in the package; only the radio is simulated."]
        return lines
    }

    private var headline: String {
        let cards = Set(findings.rows.map(\.card)).count
        return "EARSHOT DEMO  \(cards) software cards · \(findings.rows.count) recordings · \(findings.eventsOnCards) events"
            + " · simulated BlueZ, private bus · \(Self.seconds(findings.took)) s"
    }

    // MARK: - Recordings

    private func cells(_ row: DemoFindings.Row) -> [String] {
        if let deleted = row.deleted {
            return [row.card, "\(row.number)", "—", "—", "deleted on the card by its user, \(clock(deleted))", "", "", "", "explained"]
        }
        let started = row.clock == .set ? row.started.map(clock) ?? "unknown" : "clock unset"
        return [
            row.card, "\(row.number)", started, Self.length(row.milliseconds), row.kind + (row.isOneKey ? " ◂ one key" : ""), "\(row.marks)",
            Self.size(row.size), digests(row), state(row),
        ]
    }

    private func digests(_ row: DemoFindings.Row) -> String {
        let (card, file) = (Self.short(row.onCard), Self.short(row.held))
        return "\(card) \(row.isEqual && row.onCard == row.held ? "=" : "≠") \(file)"
    }

    private func state(_ row: DemoFindings.Row) -> String {
        var words = [row.isDelivered ? "delivered" : "not delivered"]
        words.append(row.state == .proven ? (row.clock == .set ? "released" : "re-timed") : row.state?.rawValue ?? "not here")
        return words.joined(separator: ", ")
    }

    private func columns(_ cells: [String]) -> String {
        let widths = [5, 2, 12, 6, 14, 5, 8, 20, 0]
        if cells[5].isEmpty && cells[7].isEmpty {
            let head = [fill(cells[0], widths[0]), fill(cells[1], widths[1], right: true), fill(" " + cells[2], widths[2]), cells[4]].joined(
                separator: " ")
            return fill(head, widths.prefix(8).reduce(0, +) + 8) + cells[8]
        }
        return zip(cells, widths).enumerated().map { position, pair in
            [1, 3, 5, 6].contains(position) ? fill(pair.0, pair.1, right: true) : fill(position == 2 || position == 7 ? " " + pair.0 : pair.0, pair.1)
        }.joined(separator: " ")
    }

    // MARK: - One key, audit

    private var oneKeyLines: [String] {
        guard let key = findings.oneKey else { return [" One key   not observed"] }
        let times =
            "logged +\(Self.seconds(key.logged)) s · memo here +\(Self.seconds(key.memoHere)) s · agent \"hello\" +\(Self.seconds(key.agentDone)) s"
        let shown = isFramed ? "┌ \(key.screen) ┐" : "\"\(key.screen)\""
        return [
            " One key   \(key.card) pressed twice, \(clock(key.pressed)) · \(times)", "           \(key.card)'s screen now shows   \(shown)",
        ]
    }

    private var auditLines: [String] {
        let cards = findings.audits.map { audit in
            "\(audit.card) 1–\(audit.last): \(audit.held) held, \(audit.delivered) delivered"
                + (audit.deleted > 0 ? ", \(audit.deleted) deleted by its user" : "")
        }
        let held = findings.heldRows
        return [
            " Audit     " + cards.joined(separator: " · "),
            "           events \(findings.eventsHeld) of \(findings.eventsOnCards) · unexplained: \(findings.unexplained) · "
                + "every file byte for byte the card's: \(held.count(where: \.isEqual)) of \(held.count)",
        ]
    }

    // MARK: - Figures

    static func length(_ milliseconds: UInt32) -> String {
        let seconds = Int((milliseconds + 500) / 1000)
        return "\(seconds / 60):\(pad(seconds % 60))"
    }

    static func size(_ bytes: UInt64) -> String {
        if bytes < 1 << 20 { return "\((bytes + 512) / 1024) KiB" }
        let hundredths = (bytes * 100 + (1 << 19)) >> 20
        return "\(hundredths / 100).\(pad(Int(hundredths % 100))) MiB"
    }

    static func seconds(_ duration: Duration) -> String {
        let (whole, attoseconds) = duration.components
        let hundredths = whole * 100 + attoseconds / 10_000_000_000_000_000
        return hundredths < 1000 ? "\(hundredths / 100).\(pad(Int(hundredths % 100)))" : "\(hundredths / 100).\(hundredths / 10 % 10)"
    }

    private static func short(_ digest: SHA256Digest?) -> String { digest.map { String($0.description.prefix(8)) } ?? "--------" }
}

/// A text filled with spaces to a width in characters.
private func fill(_ text: String, _ width: Int) -> String { text + String(repeating: " ", count: max(0, width - text.count)) }

private func fill(_ text: String, _ width: Int, right: Bool) -> String { String(repeating: " ", count: max(0, width - text.count)) + text }

extension String {
    fileprivate var trimmedRight: String { String(reversed().drop { $0 == " " }.reversed()) }
}
