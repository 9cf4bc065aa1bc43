package import Bytes

/// The comment header (RFC 7845, 5.2): what a stream says about itself. Foreign text throughout.
package struct OpusTags: Hashable, Sendable {
    package struct Comment: Hashable, Sendable {
        /// The name before `=`, as written; compare without regard to case.
        package let name: ForeignText
        package let value: ForeignText

        package init(name: ForeignText, value: ForeignText) {
            self.name = name
            self.value = value
        }
    }

    package let vendor: ForeignText
    package let comments: [Comment]
    /// Comments were left out or cut: there were too many, or the header was damaged behind them.
    package let isCut: Bool

    /// More comments than any recorder writes; the rest is dropped.
    package static let mostComments = 64

    static let magic = Array("OpusTags".utf8)

    package init(vendor: ForeignText, comments: [Comment]) {
        self.vendor = vendor
        self.comments = Array(comments.prefix(Self.mostComments))
        isCut = comments.count > Self.mostComments
    }

    /// No comments at all, for a stream whose header was damaged.
    static let none = OpusTags(vendor: ForeignText(""), comments: [])

    /// The first comment of that name in any case.
    package func value(of name: String) -> ForeignText? {
        comments.first { $0.name.raw.uppercased() == name.uppercased() }?.value
    }

    /// Reads what can be read; a header that lies about lengths gives the comments before the lie.
    package init(packet: [UInt8]) throws(OggOpusError) {
        guard packet.starts(with: Self.magic) else { throw OggOpusError(.invalidHeader, "The packet does not begin with OpusTags.") }
        var rest = packet[8...]
        func number() -> UInt32? {
            guard rest.count >= 4 else { return nil }
            let value = Array(rest.prefix(4)).littleEndian(at: 0, UInt32.self)
            rest = rest.dropFirst(4)
            return value
        }
        func text() -> ArraySlice<UInt8>? {
            guard let length = number(), Int(length) <= rest.count else { return nil }
            defer { rest = rest.dropFirst(Int(length)) }
            return rest.prefix(Int(length))
        }
        var comments: [Comment] = []
        var isWhole = false
        let vendor = text()
        if vendor != nil, let count = number() {
            while comments.count < Self.mostComments, comments.count < Int(count), let comment = text() {
                let parts = comment.split(separator: UInt8(ascii: "="), maxSplits: 1, omittingEmptySubsequences: false)
                comments.append(Comment(name: ForeignText(utf8: parts[0]), value: ForeignText(utf8: parts.count > 1 ? parts[1] : [])))
            }
            isWhole = comments.count == Int(count)
        }
        self.vendor = ForeignText(utf8: vendor ?? [])
        self.comments = comments
        isCut = !isWhole
    }

    /// The header packet.
    package var packet: [UInt8] {
        var bytes = Self.magic
        func add(_ text: String) {
            bytes.append(littleEndian: UInt32(truncatingIfNeeded: text.utf8.count))
            bytes += text.utf8
        }
        add(vendor.raw)
        bytes.append(littleEndian: UInt32(truncatingIfNeeded: comments.count))
        for comment in comments { add(comment.name.raw + "=" + comment.value.raw) }
        return bytes
    }
}
