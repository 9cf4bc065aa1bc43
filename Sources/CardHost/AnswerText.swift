internal import Bytes
internal import Recordings

/// Answers as a person reads them.
enum AnswerText {
    static func list(_ answer: CardAnswer) -> String {
        let recordings = answer.recordings ?? []
        var lines = [
            "\(answer.card)  serial \(answer.serial ?? "")  generation \(answer.generation ?? "")  boot \(answer.boot ?? 0)"
                + "  clock \(answer.clockSet == true ? "set" : "unset")  \(answer.connected == true ? "connected" : "not connected")"
                + (answer.inRange == false ? "  out of range" : ""),
            "events: last \(answer.lastEvent ?? 0), acknowledged \(answer.lastAcknowledged ?? 0)",
        ]
        if recordings.isEmpty { lines.append("no recordings") }
        for recording in recordings {
            let seconds = Int(recording.durationMs / 1000)
            lines.append(
                [
                    pad(recording.number.description, 5), pad("\(seconds / 60):\(Recordings.pad(seconds % 60))", 6),
                    recording.kind + String(repeating: " ", count: max(0, 12 - recording.kind.count)), pad("\(recording.size)", 9),
                    recording.state, recording.sha256 ?? "",
                ].joined(separator: "  "))
        }
        return lines.joined(separator: "\n")
    }

    /// A frame around what stands on the screen; it was sent by a gateway, so it is escaped.
    static func screen(_ answer: CardAnswer) -> String {
        let lines = (answer.lines ?? []).map { ForeignText($0).description }
        let width = max(16, lines.map(\.count).max() ?? 0)
        let inside = (lines.isEmpty ? [""] : lines).map { "│ " + $0 + String(repeating: " ", count: width - $0.count) + " │" }
        let edge = String(repeating: "─", count: width + 2)
        return (["┌" + edge + "┐"] + inside + ["└" + edge + "┘"]).joined(separator: "\n")
    }

    static func recording(_ answer: CardAnswer) -> String {
        "\(answer.card)/\(answer.recording ?? 0)" + (answer.size.map { "  \($0) bytes" } ?? "") + (answer.sha256.map { "  \($0)" } ?? "")
    }

    static func faults(_ answer: CardAnswer) -> String {
        """
        links lost       \(answer.linkLosses ?? 0)
        values dropped   \(answer.droppedValues ?? 0)
        digests lied     \(answer.wrongDigests ?? 0)
        still to happen  \(answer.waitingFaults ?? 0)
        delivered        \(answer.deliveredValues ?? 0) values, \(answer.deliveredBytes ?? 0) bytes
        """
    }

    private static func pad(_ text: String, _ width: Int) -> String { String(repeating: " ", count: max(0, width - text.count)) + text }
}
