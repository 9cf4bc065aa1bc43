/// Text that came from a radio, a file or a server: bounded when it is made, escaped whenever it is shown.
///
/// There is no way to print the raw text by accident: `description` is the escaped form. Only code that
/// compares or stores the text uses `raw`.
package struct ForeignText: Hashable, Sendable, CustomStringConvertible {
    /// The longest foreign text that is kept, in bytes of UTF-8: the longest value that one ATT read can return.
    package static let limit = 512

    /// The text as it came, cut to its limit at a character boundary. Never print it.
    package let raw: String

    /// Keeps at most `limit` bytes of UTF-8; what stands behind is dropped and `isCut` says so.
    package init(_ text: some StringProtocol, limit: Int = ForeignText.limit) {
        var kept = ""
        var bytes = 0
        var cut = false
        for character in text.unicodeScalars {
            let size = UTF8.width(character)
            guard bytes + size <= limit else {
                cut = true
                break
            }
            bytes += size
            kept.unicodeScalars.append(character)
        }
        raw = kept
        isCut = cut
    }

    /// Decodes UTF-8; what is not UTF-8 becomes U+FFFD.
    package init(utf8 bytes: some Collection<UInt8>, limit: Int = ForeignText.limit) {
        self.init(String(decoding: bytes, as: UTF8.self), limit: limit)
    }

    /// Whether the text was longer than its limit.
    package let isCut: Bool

    package var isEmpty: Bool { raw.isEmpty }

    /// The text as a person may see it: control, format, bidirectional and line-separating characters appear as `\u{…}`,
    /// a backslash as `\\`, and a text that was cut ends in `…`.
    package var description: String {
        var shown = ""
        for scalar in raw.unicodeScalars {
            switch scalar.properties.generalCategory {
            case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .privateUse, .unassigned:
                shown += "\\u{" + String(scalar.value, radix: 16) + "}"
            default:
                shown += scalar == "\\" ? "\\\\" : String(scalar)
            }
        }
        return isCut ? shown + "…" : shown
    }
}
