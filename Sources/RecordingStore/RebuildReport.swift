package import Ledger

/// What a rebuild brought back, for a person.
package struct RebuildReport: Sendable {
    package let outcome: LedgerRestorer.Outcome
    /// What could not be read, or does not fit together; each names its file.
    package let problems: [String]
    /// Whether the file of the owner key is beside the ledger; no ledger ever held it.
    package let hasOwnerKey: Bool

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
            hasOwnerKey
                ? "The owner key is here: \(OwnerFile.name)."
                : "There is no \(OwnerFile.name): cards that have an owner open only with its key. Bring it back "
                    + "from a backup, or with earshot owner import.",
            "",
            "Not in these files, so only in a backup of the ledger: the log of accesses (who listened, paired, renamed and forgot cards when: earshot",
            "access begins anew); bonds that were replaced; texts that waited for a card's screen. Leased jobs are ready again. Tokens are made anew",
            "at each start.",
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
