/// A text as one word of a POSIX shell, to be copied from a terminal.
struct ShellWord: CustomStringConvertible {
    private let text: String

    init(_ text: String) { self.text = text }

    var description: String {
        let plain = Set("-_/.,:+=@%0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")
        guard text.isEmpty || !text.allSatisfy(plain.contains) else { return text }
        return "'" + text.split(separator: "'", omittingEmptySubsequences: false).joined(separator: #"'\''"#) + "'"
    }
}
