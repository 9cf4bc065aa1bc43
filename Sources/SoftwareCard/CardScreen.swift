package import GATT
package import Recordings

/// What the card's screen shows. A note gives way to what the card itself has to say.
package struct CardScreen: Sendable, Hashable {
    /// The note that was sent last, while it stands.
    package var note: ScreenNote?
    /// On the card's own clock; nil: until it is replaced.
    var until: Duration?
    /// Six digits to be typed at the gateway.
    package var passkey: UInt32?
    /// What a pairing asks its user.
    package var question: PairingQuestion?
    package var isInPairingMode = false
    package var isFinding = false
    package var recording: UInt32?

    package init() {}

    /// The lines that fit, top first.
    package func lines(columns: Int, rows: Int) -> [String] {
        var lines: [String] = []
        if let passkey {
            lines.append("Passkey " + pad(Int(passkey), 6))
        } else if case .confirm(let passkey) = question {
            lines.append("Same? " + pad(Int(passkey), 6))
        } else if question == .enterPasskey {
            lines.append("Type passkey")
        } else if isInPairingMode {
            lines.append("Pairing...")
        }
        if isFinding { lines.append("* HERE I AM *") }
        if let recording { lines.append("REC \(recording)") }
        if let note { lines += Self.wrap((note.style == .alert ? "! " : "") + note.text, columns: columns) }
        return lines.prefix(rows).map { String($0.prefix(columns)) }
    }

    private static func wrap(_ text: String, columns: Int) -> [String] {
        var lines: [String] = []
        var line = ""
        for word in text.split(separator: " ") {
            var rest = Substring(word)
            while !rest.isEmpty {
                let room = columns - (line.isEmpty ? 0 : line.count + 1)
                if rest.count <= room || line.isEmpty {
                    line += (line.isEmpty ? "" : " ") + rest.prefix(max(1, room))
                    rest = rest.dropFirst(max(1, room))
                    if rest.isEmpty { break }
                }
                lines.append(line)
                line = ""
            }
        }
        return line.isEmpty ? lines : lines + [line]
    }
}
