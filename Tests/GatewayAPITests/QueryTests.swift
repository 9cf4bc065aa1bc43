import GatewayAPI
import Testing

@Suite struct QueryTests {
    @Test func itemsAreReadOnceEach() throws {
        let items = try QueryItems("a=1&b=x%20y+z&c=&d")
        #expect(try items.integer("a", in: 0...9) == 1)
        #expect(items.string("b") == "x y z" && items.string("c") == nil && items.string("d") == nil)
        #expect(throws: RequestRefusal.self) { try QueryItems("a=1&a=2") }
        #expect(throws: RequestRefusal.self) { try QueryItems("a=%-1") }
    }

    @Test func whatTheRouteDoesNotKnowIsNamedInPlainText() throws {
        let refusal = #expect(throws: RequestRefusal.self) { try QueryItems("before=1&\u{7F}\u{1B}%0aat=2").check("before") }
        #expect(refusal?.problem.code.known == .unknownField)
        #expect(refusal?.problem.detail == "There is no query item ???at here.")
    }

    @Test(
        arguments: [
            ("bytes=0-499", .part(0..<500)), ("bytes=500-", .part(500..<1000)), ("bytes=-1", .part(999..<1000)), ("bytes=-5000", .part(0..<1000)),
            ("bytes=999-18446744073709551615", .part(999..<1000)), ("bytes=1000-", .unsatisfiable), ("bytes=-0", .unsatisfiable),
            ("bytes=5-4", .whole),
            ("bytes=0-1,3-4", .whole), ("lines=1-2", .whole), ("bytes=+1-2", .whole),
        ] as [(String, ByteRange)])
    func aRangeIsInsideOfTheFile(field: String, range: ByteRange) {
        #expect(ByteRange(field, size: 1000) == range)
    }
}
