/// The type codes of signatures (D-Bus Specification 0.41, "Summary of types"); libdbus has them as macros that Swift does not import.
enum TypeCode {
    static let invalid: Int32 = 0
    static let byte = of("y")
    static let boolean = of("b")
    static let int16 = of("n")
    static let uint16 = of("q")
    static let int32 = of("i")
    static let uint32 = of("u")
    static let int64 = of("x")
    static let uint64 = of("t")
    static let double = of("d")
    static let string = of("s")
    static let objectPath = of("o")
    static let signature = of("g")
    static let unixFD = of("h")
    static let array = of("a")
    static let variant = of("v")
    static let structure = of("r")
    static let dictionaryEntry = of("e")

    private static func of(_ letter: Unicode.Scalar) -> Int32 { Int32(bitPattern: letter.value) }
}
