/// Values as TOML has them.
enum TOMLText {
    static func of(_ text: String) -> String {
        let escaped = text.unicodeScalars.map { scalar -> String in
            switch scalar {
            case "\"", "\\": return "\\" + String(scalar)
            default:
                guard scalar.properties.generalCategory == .control else { return String(scalar) }
                let digits = String(scalar.value, radix: 16)
                return "\\u" + String(repeating: "0", count: 4 - digits.utf8.count) + digits
            }
        }
        return "\"" + escaped.joined() + "\""
    }

    static func of(_ texts: [String]) -> String { "[" + texts.map { of($0) }.joined(separator: ", ") + "]" }

    /// With a unit where it is whole, as a person would write it.
    static func of(size: UInt64) -> String {
        for (name, bytes) in [("TiB", UInt64(1) << 40), ("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10)] where size > 0 && size % bytes == 0 {
            return "\"\(size / bytes) \(name)\""
        }
        return "\(size)"
    }

    static func of(_ when: RouteSetting.Trigger) -> String {
        switch when {
        case .recordingStored: return "{ event = \"recording.stored\" }"
        case .buttonPressed(let buttons, let gestures):
            var parts = ["event = \"button.pressed\""]
            if !buttons.isEmpty { parts.append("button = " + of(buttons.sorted())) }
            if !gestures.isEmpty { parts.append("gesture = " + of(gestures.sorted())) }
            return "{ " + parts.joined(separator: ", ") + " }"
        }
    }

    static func of(_ action: RouteSetting.Action) -> String {
        switch action {
        case .agent(let name): "{ agent = \(of(name)) }"
        case .destination(let name): "{ destination = \(of(name)) }"
        case .screen(let text): "{ screen = \(of(text)) }"
        }
    }
}
