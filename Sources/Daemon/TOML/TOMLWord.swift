/// What stands without quotes: true and false, numbers, dates and times. A word is read whole and must fit a rule whole.
struct TOMLWord {
    let word: ArraySlice<UInt8>

    /// Where a bare value ends: at white space, or what closes or separates values.
    static func ends(with byte: UInt8) -> Bool { byte <= 0x20 || [0x23, 0x2C, 0x5D, 0x7D].contains(byte) }

    init(_ word: ArraySlice<UInt8>) { self.word = word }

    /// Nil when it is no value.
    var value: TOMLValue.Content? {
        if word.elementsEqual("true".utf8) { return .bool(true) }
        if word.elementsEqual("false".utf8) { return .bool(false) }
        if let kind = TOMLMoment(word).kind { return .moment(.init(kind: kind, text: String(decoding: word, as: UTF8.self))) }
        return integer ?? number
    }

    /// Whether it is a date alone, behind which a space and a time may follow.
    var isDate: Bool { TOMLMoment(word).kind == .localDate }

    // MARK: - Numbers

    private var integer: TOMLValue.Content? {
        for (prefix, radix) in [("0x", 16), ("0o", 8), ("0b", 2)] where word.starts(with: prefix.utf8) {
            return Self.digits(word.dropFirst(2), radix: radix).flatMap { Int64($0, radix: radix) }.map { .integer($0) }
        }
        guard let digits = Self.decimal(unsigned) else { return nil }
        return Int64((isNegative ? "-" : "") + digits).map { .integer($0) }
    }

    private var number: TOMLValue.Content? {
        let sign = isNegative ? "-" : ""
        if unsigned.elementsEqual("inf".utf8) { return .number(isNegative ? -.infinity : .infinity) }
        if unsigned.elementsEqual("nan".utf8) { return .number(.nan) }
        let parts = unsigned.split(maxSplits: 1, omittingEmptySubsequences: false) { $0 == 0x65 || $0 == 0x45 }
        let mantissa = parts[0].split(separator: 0x2E, maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2 || mantissa.count == 2, let whole = Self.decimal(mantissa[0]) else { return nil }
        var text = sign + whole
        if mantissa.count == 2 {
            guard let fraction = Self.digits(mantissa[1], radix: 10) else { return nil }
            text += "." + fraction
        }
        if parts.count == 2 {
            let digits = parts[1].first == 0x2D || parts[1].first == 0x2B ? parts[1].dropFirst() : parts[1]
            guard let exponent = Self.digits(digits, radix: 10) else { return nil }
            text += "e" + (parts[1].first == 0x2D ? "-" : "") + exponent
        }
        return Double(text).map { .number($0) }
    }

    private var isNegative: Bool { word.first == 0x2D }
    private var unsigned: ArraySlice<UInt8> { isNegative || word.first == 0x2B ? word.dropFirst() : word }

    /// Digits without a leading zero.
    private static func decimal(_ bytes: ArraySlice<UInt8>) -> String? {
        guard bytes.first != 0x30 || bytes.count == 1 else { return nil }
        return digits(bytes, radix: 10)
    }

    /// Digits without the underscores between them, of which each has a digit on either side.
    private static func digits(_ bytes: ArraySlice<UInt8>, radix: Int) -> String? {
        let groups = bytes.split(separator: 0x5F, omittingEmptySubsequences: false)
        let fit = groups.allSatisfy { group in
            !group.isEmpty && group.allSatisfy { Character(UnicodeScalar($0)).hexDigitValue.map { $0 < radix } ?? false }
        }
        return fit ? String(decoding: groups.joined(), as: UTF8.self) : nil
    }
}
