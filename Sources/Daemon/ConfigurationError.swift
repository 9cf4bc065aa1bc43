/// Why a configuration cannot be used: file, line, reason, and what was probably meant.
package struct ConfigurationError: Error, Sendable, Hashable, CustomStringConvertible {
    package let file: String
    /// From 1; nil when it concerns the whole file.
    package let line: Int?
    package let reason: String
    /// The nearest known key or value.
    package let nearest: String?

    package init(file: String, line: Int?, reason: String, nearest: String? = nil) {
        self.file = file
        self.line = line
        // The parser quotes what it saw.
        let plain = reason.unicodeScalars.prefix(1000).map { $0.properties.generalCategory == .control ? "?" : $0 }
        self.reason = String(String.UnicodeScalarView(plain))
        self.nearest = nearest
    }

    package var description: String {
        file + (line.map { ":\($0)" } ?? "") + ": " + reason + (nearest.map { " Did you mean \"\($0)\"?" } ?? "")
    }
}
