/// Why a configuration cannot be used: file, line, reason, and what was probably meant.
package struct ConfigurationError: Error, Sendable, Hashable, CustomStringConvertible {
    package let file: String
    /// From 1; nil when it concerns the whole file.
    package let line: Int?
    /// From 1, in characters; nil when there is no line.
    package let column: Int?
    package let reason: String
    /// The nearest known key or value.
    package let nearest: String?

    package init(file: String, line: Int?, column: Int? = nil, reason: String, nearest: String? = nil) {
        self.file = file
        self.line = line
        self.column = column
        // Names in it may be the file's.
        let plain = reason.unicodeScalars.prefix(1000).map { $0.properties.generalCategory == .control ? "?" : $0 }
        self.reason = String(String.UnicodeScalarView(plain))
        self.nearest = nearest
    }

    package var description: String {
        file + [line, column].compactMap { $0.map { ":\($0)" } }.joined() + ": " + reason + (nearest.map { " Did you mean \"\($0)\"?" } ?? "")
    }
}
