/// The four kinds of strings of TOML 1.0.
extension TOMLCursor {
    private static let quote: UInt8 = 0x22
    private static let backslash: UInt8 = 0x5C

    /// A string on one line, which is also what a quoted key is. The cursor stands on its opening quote.
    mutating func lineString() throws(TOMLError) -> String {
        let opened = offset
        let mark = next
        skip()
        var text: [UInt8] = []
        while true {
            guard let byte = next, byte != 0x0A else { throw error("this text has no closing quote.", at: opened) }
            if byte == mark {
                skip()
                return String(decoding: text, as: UTF8.self)
            }
            if byte == Self.backslash, mark == Self.quote {
                try escape(into: &text)
            } else {
                try plain(byte, into: &text)
            }
        }
    }

    /// Any string. The cursor stands on its opening quote.
    mutating func string() throws(TOMLError) -> String {
        let opened = offset
        let mark = next ?? Self.quote
        let marks = [mark, mark, mark]
        guard take(marks) else { return try lineString() }
        // A line's end right behind the opening quotes does not belong to the text.
        _ = takeLineEnd()
        var text: [UInt8] = []
        while let byte = next {
            if take(marks) {
                // Up to two more quotes belong to the text: the last three close it.
                for _ in 0..<2 where next == mark {
                    text.append(mark)
                    skip()
                }
                return String(decoding: text, as: UTF8.self)
            }
            if byte == Self.backslash, mark == Self.quote {
                if try !continuesLine() { try escape(into: &text) }
            } else if takeLineEnd() {
                text.append(0x0A)
            } else {
                try plain(byte, into: &text)
            }
        }
        throw error("this text has no closing quotes.", at: opened)
    }

    /// A backslash at the end of a line takes all white space behind it away.
    private mutating func continuesLine() throws(TOMLError) -> Bool {
        var distance = 1
        while let byte = peek(distance), byte == 0x20 || byte == 0x09 { distance += 1 }
        guard peek(distance) == 0x0A || (peek(distance) == 0x0D && peek(distance + 1) == 0x0A) else { return false }
        skip(distance)
        while takeLineEnd() { skipBlanks() }
        return true
    }

    private mutating func plain(_ byte: UInt8, into text: inout [UInt8]) throws(TOMLError) {
        guard byte >= 0x20 && byte != 0x7F || byte == 0x09 else { throw error("a control character stands in a text; write it as \\u00XX.") }
        text.append(byte)
        skip()
    }

    private mutating func escape(into text: inout [UInt8]) throws(TOMLError) {
        let begin = offset
        skip()
        let kind = next
        skip()
        switch kind {
        case 0x62: text.append(0x08)
        case 0x74: text.append(0x09)
        case 0x6E: text.append(0x0A)
        case 0x66: text.append(0x0C)
        case 0x72: text.append(0x0D)
        case 0x22, Self.backslash: text.append(kind ?? 0)
        case 0x75: try scalar(digits: 4, from: begin, into: &text)
        case 0x55: try scalar(digits: 8, from: begin, into: &text)
        default: throw error("there is no such escape; a backslash is written \\\\, or the text in single quotes.", at: begin)
        }
    }

    private mutating func scalar(digits: Int, from begin: Int, into text: inout [UInt8]) throws(TOMLError) {
        var value: UInt32 = 0
        for _ in 0..<digits {
            guard let digit = next.flatMap(Self.hexadecimal) else {
                throw error("\\\(digits == 4 ? "u" : "U") needs \(digits) hexadecimal digits.", at: begin)
            }
            value = value << 4 | digit
            skip()
        }
        guard let scalar = Unicode.Scalar(value) else { throw error("there is no such Unicode character.", at: begin) }
        text += Array(String(Character(scalar)).utf8)
    }

    private static func hexadecimal(_ byte: UInt8) -> UInt32? {
        switch byte {
        case 0x30...0x39: UInt32(byte - 0x30)
        case 0x41...0x46: UInt32(byte - 0x41 + 10)
        case 0x61...0x66: UInt32(byte - 0x61 + 10)
        default: nil
        }
    }
}
