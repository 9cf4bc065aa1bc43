/// `[Group]` and `Key=value`: the files of GLib, and those of systemd.
enum KeyFile {
    /// The values by "Group.Key"; outside of any group by ".Key". Of equal keys the last counts.
    static func parse(_ text: String) -> [String: String] {
        var values: [String: String] = [:]
        var group = ""
        for line in text.split(whereSeparator: \.isNewline) {
            let line = line.drop(while: \.isWhitespace)
            if line.first == "[", let end = line.firstIndex(of: "]") {
                group = String(line[line.index(after: line.startIndex)..<end])
            } else if line.first != "#", line.first != ";", let sign = line.firstIndex(of: "=") {
                values[group + "." + trimmed(line[..<sign])] = trimmed(line[line.index(after: sign)...])
            }
        }
        return values
    }

    private static func trimmed(_ text: Substring) -> String {
        let end = text.lastIndex { !$0.isWhitespace }
        return end.map { String(text[...$0].drop(while: \.isWhitespace)) } ?? ""
    }
}
