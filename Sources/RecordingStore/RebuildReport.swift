package import Ledger

/// What a rebuild brought back, for a person.
package struct RebuildReport: Sendable {
    package let outcome: LedgerRestorer.Outcome
    /// What could not be read, or does not fit together; each names its file.
    package let problems: [String]

    /// Rows of a table of the new ledger.
    package func count(_ table: String) -> Int { outcome.rows[table, default: 0] }

    package var text: String {
        let recordings = count("recording")
        var lines = [
            "The ledger was made anew from the files beside it.",
            "",
            "  cards        \(count("card")), holders \(count("holder"))",
            "  recordings   \(recordings), of which \(outcome.held.count) are held here",
            "  events       \(count("event"))",
            "  deliveries   \(count("delivery"))",
            "  jobs         \(count("job"))" + (outcome.enqueued > 0 ? ", of which \(outcome.enqueued) are new: nothing told of theirs" : ""),
            "  results      \(count("annotation")) annotations, \(count("artifact")) artifacts",
            "",
            "Not in these files, so only in a backup of the ledger: who paired, renamed and forgot cards when; bonds that were replaced; texts that",
            "waited for a card's screen. Leased jobs are ready again. Tokens are made anew at each start.",
            "",
        ]
        if problems.isEmpty {
            lines.append("Every file could be read and fits. Start earshotd as usual.")
        } else {
            lines.append("Look at these \(problems.count), then start earshotd as usual:")
            lines += problems.map { "  " + $0 }
        }
        return lines.joined(separator: "\n")
    }
}
