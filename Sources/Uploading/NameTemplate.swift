internal import Daemon
package import GatewayAPI
internal import Recordings

/// Names of delivered recordings: `{holder}/{started:%Y-%m}/{started:%d-%H%M}_{id}.opus`, folders divided by `/`.
///
/// Fields: `holder` (who carried the card, else the card's name), `card`, `serial`, `number`, `id`, `kind`, and `started:` with `%Y %m %d %H %M
/// %S` in the zone of this process. A recording that is no Ogg Opus has its own ending in place of `.opus`. Text from cards and people is made safe: it never begins with a dot and never divides folders.
package struct NameTemplate: Sendable, Hashable {
    package struct Failure: Error, Sendable, Hashable, CustomStringConvertible {
        package let description: String
    }

    private enum Piece: Sendable, Hashable {
        case text(String)
        case field(Field)
        /// The letters behind `%`, and text, in turn.
        case started([Piece])
        case time(Character)
    }

    private enum Field: String, CaseIterable, Sendable {
        case holder, card, serial, number, id, kind
    }

    /// What stands for the time of a recording whose card had no clock.
    private static let undated = "undated"
    private static let mostFolders = 8
    /// Bytes of one folder's or file's name: what file systems take, less what is put behind it.
    private static let longestName = 200
    private static let suffix = ".opus"

    private let pieces: [Piece]

    /// - Throws: `Failure` that says what is wrong with the template.
    package init(_ template: String) throws(Failure) {
        var rest = template[...]
        var pieces: [Piece] = []
        while let open = rest.firstIndex(of: "{") {
            pieces.append(.text(String(rest[..<open])))
            guard let close = rest[open...].firstIndex(of: "}") else { throw Failure(description: "A { in the key has no } behind it.") }
            let name = rest[rest.index(after: open)..<close]
            rest = rest[rest.index(after: close)...]
            if name.hasPrefix("started:") {
                pieces.append(.started(try Self.format(name.dropFirst(8))))
            } else if let field = Field(rawValue: String(name)) {
                pieces.append(.field(field))
            } else {
                throw Failure(
                    description:
                        "The key has a field that is not known; there are \(Field.allCases.map(\.rawValue).joined(separator: ", ")) and started:%Y-%m."
                )
            }
        }
        pieces.append(.text(String(rest)))
        self.pieces = pieces
        let texts = pieces.flatMap { piece in if case .started(let inner) = piece { inner } else { [piece] } }
        guard template.hasSuffix(Self.suffix),
            texts.allSatisfy({ if case .text(let text) = $0 { !text.contains("}") && Self.isPlain(text) } else { true } })
        else { throw Failure(description: "The key ends in .opus and has no control characters, backslashes or lone braces.") }
        // With every field filled in, no folder may be empty, hidden or above.
        let folders = render { _ in
            "x"
        } time: { _ in
            "1"
        }.split(separator: "/", omittingEmptySubsequences: false)
        guard folders.count <= Self.mostFolders, folders.allSatisfy({ !$0.isEmpty && $0.first != "." }) else {
            throw Failure(
                description:
                    "The key names at most \(Self.mostFolders - 1) folders, relative to the destination's own, none empty or beginning with a dot.")
        }
    }

    /// The folders, then the file's name without `.opus`.
    package func name(of recording: RecordingMessage) -> (folders: [String], stem: String) {
        let key = recording.key.split(separator: "/")
        let started = recording.started.map { LocalTime(milliseconds: $0.milliseconds) }
        let path = render { field in
            switch field {
            case .holder: Self.safe(recording.holder?.id ?? recording.card.name)
            case .card: Self.safe(recording.card.name)
            case .serial: Self.safe(key.first.map(String.init) ?? "")
            case .number: Self.safe(key.last.map { String($0.drop { $0 == "r" }) } ?? "")
            case .id: Self.safe(recording.id.description)
            case .kind: Self.safe(recording.kind)
            }
        } time: { letter in
            guard let started else { return nil }
            return switch letter {
            case "Y": pad(started.year, 4)
            case "m": pad(started.month)
            case "d": pad(started.day)
            case "H": pad(started.hour)
            case "M": pad(started.minute)
            default: pad(started.second)
            }
        }
        var folders = path.dropLast(Self.suffix.count).split(separator: "/").map { Self.cut(String($0), to: Self.longestName) }
        let stem = folders.popLast() ?? Self.safe(recording.id.description)
        return (folders, stem)
    }

    private func render(_ value: (Field) -> String, time: (Character) -> String?) -> String {
        pieces.map { piece in
            switch piece {
            case .text(let text): return text
            case .field(let field): return value(field)
            case .time: return ""
            case .started(let inner):
                var text = ""
                for part in inner {
                    switch part {
                    case .time(let letter):
                        guard let value = time(letter) else { return Self.undated }
                        text += value
                    case .text(let literal): text += literal
                    case .field, .started: break
                    }
                }
                return text
            }
        }.joined()
    }

    private static func format(_ text: Substring) throws(Failure) -> [Piece] {
        var pieces: [Piece] = []
        var rest = text
        while let character = rest.popFirst() {
            guard character == "%" else {
                pieces.append(.text(String(character)))
                continue
            }
            guard let letter = rest.popFirst(), "YmdHMS".contains(letter) else {
                throw Failure(description: "A time in the key is written with %Y %m %d %H %M %S.")
            }
            pieces.append(.time(letter))
        }
        return pieces
    }

    private static func isPlain(_ text: String) -> Bool {
        text.unicodeScalars.allSatisfy { $0.properties.generalCategory != .control && $0 != "\\" }
    }

    /// Letters, digits and a few marks stay; anything else becomes `_`, also a dot in front.
    static func safe(_ text: String) -> String {
        var kept = ""
        for scalar in text.unicodeScalars {
            switch scalar.properties.generalCategory {
            case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter, .decimalNumber, .nonspacingMark, .spacingMark:
                kept.unicodeScalars.append(scalar)
            default: kept.unicodeScalars.append(["-", "_", ".", "@", "+"].contains(scalar) ? scalar : "_")
            }
        }
        kept = cut(kept, to: 64)
        if kept.isEmpty { return "_" }
        return kept.first == "." ? "_" + kept.dropFirst() : kept
    }

    private static func cut(_ text: String, to limit: Int) -> String {
        var kept = text
        while kept.utf8.count > limit { kept.unicodeScalars.removeLast() }
        return kept
    }
}
