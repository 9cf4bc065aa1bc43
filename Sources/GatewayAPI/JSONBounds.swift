/// What JSON of a caller may be. The time that decoding takes grows with the number of values, and far faster with their depth: 800
/// bytes of 400 nested lists take seconds.
package enum JSONBounds {
    package static let levels = 32
    /// The words of ten hours with their times are half of it.
    package static let values = 250_000

    /// Looks at the text as far as it takes to know that it is within the bounds, not whether it is JSON.
    static func check(_ text: [UInt8]) throws(RequestRefusal) {
        var (depth, values, isInString, isEscaped) = (0, 1, false, false)
        for byte in text {
            switch byte {
            case 0:
                // As in UTF-16, which the decoder would take and in which a quotation mark is part of other characters.
                throw RequestRefusal(Problem(.badRequest, detail: "The body is not UTF-8.", fix: "Send JSON in UTF-8."))
            case _ where isEscaped: isEscaped = false
            case UInt8(ascii: "\\"): isEscaped = isInString
            case UInt8(ascii: "\""): isInString.toggle()
            case _ where isInString: break
            case UInt8(ascii: "["), UInt8(ascii: "{"):
                depth += 1
                values += 1
            case UInt8(ascii: "]"), UInt8(ascii: "}"): depth = max(0, depth - 1)
            case UInt8(ascii: ","): values += 1
            default: break
            }
            guard depth <= levels else {
                throw RequestRefusal(Problem(.badRequest, detail: "The JSON has more than \(levels) levels.", fix: "Send it flatter."))
            }
            guard values <= self.values else {
                throw RequestRefusal(
                    Problem(.tooLarge, detail: "The JSON has more than \(self.values) values.", fix: "Send less; files go by PUT …/artifacts/NAME."))
            }
        }
    }
}
