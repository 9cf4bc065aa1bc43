import Daemon
import Testing

/// TOML 1.0 by examples of its specification. TOMLPeerTests holds the reader against another one.
@Suite struct TOMLTests {
    /// What is no TOML, and the byte at which that shows.
    static let refused: [(text: String, offset: Int)] = [
        // Lines and keys
        ("a", 1), ("a b = 1", 2), ("= 1", 0), ("a = 1 b = 2", 6), ("a.= 1", 2), (".a = 1", 0), ("a = 1\rb = 2", 5), ("a # b = 1", 2),
        ("\"a\nb\" = 1", 0), ("'''a''' = 1", 2), ("a = 1\na = 2", 6), ("a = 1\na.b = 2", 6), ("a.b = 1\na = 2", 8), ("ä = 1", 0),
        ("a = 1 # \u{1}", 8), ("a = 1 # \u{7F}", 8), ("\u{FEFF}\u{FEFF}a = 1", 3),
        // Tables
        ("[a", 2), ("[a]]", 3), ("[[a]", 3), ("[a] b = 1", 4), ("[a]\n[a]", 5), ("[a]\n[[a]]", 6), ("[[a]]\n[a]", 7), ("a = []\n[[a]]", 9),
        ("a = {}\n[a.b]", 8), ("a = {b = {}}\na.b.c = 1", 13), ("[a.b]\nc = 1\n[a]\nb.d = 2", 16), ("a.b = 1\n[a]\nc = 2", 9), ("[ [a]]", 2),
        ("[a]\nb.c = 1\n[a.b]", 15), ("[a.b.c.d]\nz = 9\n[a]\nb.c.d.k.t = 1", 24), ("a = 1\n[a.b]", 7), ("[[a.b]]\n[a]\nb.c = 1", 12),
        // Inline tables and lists
        ("a = {b = 1,}", 11), ("a = {b = 1 c = 2}", 11), ("a = {b = 1\n}", 10), ("a = {b = 1, b = 2}", 12), ("a = {", 5), ("a = {b}", 6),
        ("a = {b.c = 1, b = {}}", 14), ("a = {b = {c = 1}, b.d = 2}", 18), ("a = [1", 4), ("a = [1 2]", 7), ("a = [,1]", 5), ("a = [1,,2]", 7),
        ("a = [}", 5), ("a = [1}", 6), ("a = 1]", 5),
        // Texts
        ("a = \"b", 4), ("a = 'b", 4), ("a = \"b\n\"", 4), ("a = \"\"\"b", 4), ("a = '''b''", 4), ("a = \"\\x\"", 5), ("a = \"\\u12\"", 5),
        ("a = \"\\uD800\"", 5), ("a = \"\\U00110000\"", 5), ("a = \"\u{1}\"", 5), ("a = \"\"\"\\ b\"\"\"", 7), ("a = '''b''''''", 13),
        ("a = \"b\"c", 7),
        ("a = '\u{7F}'", 5), ("a = \"\"\"b\rc\"\"\"", 8),
        // Numbers
        ("a = 01", 4), ("a = 1__0", 4), ("a = _1", 4), ("a = 1_", 4), ("a = +0x1", 4), ("a = 0x", 4), ("a = 0x_1", 4), ("a = 0o8", 4), ("a = 0b2", 4),
        ("a = 0X1", 4), ("a = 1.", 4), ("a = .1", 4), ("a = 1.e5", 4), ("a = 1e", 4), ("a = 1e5.0", 4), ("a = 1_.0", 4), ("a = 1._0", 4),
        ("a = 00.5", 4), ("a = ++1", 4), ("a = Inf", 4), ("a = 9223372036854775808", 4), ("a = 0x8000000000000000", 4), ("a = 1 000", 6),
        // Truth, dates and times
        ("a = True", 4), ("a = truefalse", 4), ("a = 2026-11-31", 4), ("a = 2026-13-01", 4), ("a = 2025-02-29", 4), ("a = 2026-1-01", 4),
        ("a = 2026-11-23T", 4), ("a = 2026-11-23T09:14", 4), ("a = 2026-11-23T24:00:00", 4), ("a = 2026-11-23T09:14:01.", 4),
        ("a = 2026-11-23T09:14:01+24:00", 4), ("a = 2026-11-23T09:14:01+0100", 4), ("a = 09:14", 4), ("a = 09:14:60", 4), ("a = 0000-01-01", 4),
        ("a = 2026-11-2= 3", 4), ("a = 2026-11-23 9", 4), ("a = 2026-11-23  09:14:01", 16), ("a =", 3), ("a = # b", 4),
    ]

    @Test(arguments: refused)
    func whatIsNoTOMLIsRefusedAtItsPlace(text: String, offset: Int) {
        let error = #expect(throws: TOMLError.self) { try TOMLReader.read(text) }
        #expect(error?.offset == offset, "\(error?.reason ?? "")")
        #expect(error?.reason.hasSuffix(".") == true)
    }

    /// What is TOML, and what it says in the notation of `shown`.
    static let read: [(text: String, shown: String)] = [
        ("", "{}"), ("# nothing\r\n\n", "{}"), ("\u{FEFF}a = 1", "{a=1}"), ("a = 1", "{a=1}"), (" a\t=\t1 # b\n", "{a=1}"),
        ("\"a.b\" = 1\n'' = 2", "{=2,a.b=1}"),
        ("1.2 = 3\n-_ = 4", "{-_=4,1={2=3}}"), ("a . 'b' . \"\\u0063\" = 1", "{a={b={c=1}}}"),
        ("a.b = 1\nx = {y.z = 1}\na.c = 2", "{a={b=1,c=2},x={y={z=1}}}"),
        ("[a.b]\n[a]\nc = 1", "{a={b={},c=1}}"), ("[ a . b ]\nc.d = 1\n[a.b.c.e]\nf = 2", "{a={b={c={d=1,e={f=2}}}}}"),
        ("a.b = 1\n[a.c]\n", "{a={b=1,c={}}}"),
        ("[[a]]\nb = 1\n[a.c]\nd = 2\n[[a]]\n[[a.e]]\n[[a.e]]", "{a=[{b=1,c={d=2}},{e=[{},{}]}]}"), ("[[a.b]]\n[a]\nc = 1", "{a={b=[{}],c=1}}"),
        ("a = [ # one\n 1,\r\n\t'x', # two\n [ ], {b = 1, c.d = 2 },\n]", "{a=[1,\"x\",[],{b=1,c={d=2}}]}"), ("a = {}", "{a={}}"),
        ("a = \"\\b\\t\\n\\f\\r\\\"\\\\\\u00E4\\U0001F600\"", "{a=\"\u{8}\t\n\u{C}\r\"\\ä😀\"}"), ("a = 'c:\\d'", "{a=\"c:\\d\"}"),
        ("a = \"\"\"\r\nb\\\n  \t\n\n  c\r\nd\"\"\"", "{a=\"bc\nd\"}"), ("a = \"\"\"\"b\"\"\"\"\"", "{a=\"\"b\"\"\"}"),
        ("a = '''\n'b'''''", "{a=\"'b''\"}"),
        ("a = '''\\'''", "{a=\"\\\"}"), ("a = \"\"\"\\   \n\"\"\"", "{a=\"\"}"),
        ("a = [+0, -0, +1_000, -9223372036854775808, 0xDEAD_beef, 0o17, 0b1_0]", "{a=[0,0,1000,-9223372036854775808,3735928559,15,2]}"),
        ("a = [1.0, -0.5, 1e3, 1E-0_1, 6.26e+2, inf, +inf, -inf, nan, -nan]", "{a=[1.0,-0.5,1000.0,0.1,626.0,inf,inf,-inf,nan,nan]}"),
        (
            "a = [2026-11-23T09:14:01Z, 2026-11-23t09:14:01.25-01:30, 2026-11-23 09:14:01, 2024-02-29 , 09:14:01.5]",
            "{a=[datetime,datetime,datetime-local,date-local,time-local]}"
        ), ("a = true\nb = false", "{a=true,b=false}"),
    ]

    @Test(arguments: read)
    func whatIsTOMLIsRead(text: String, shown: String) throws {
        #expect(Self.shown(.table(try TOMLReader.read(text))) == shown)
    }

    @Test func everyKeyAndValueHasItsPlace() throws {
        let table = try TOMLReader.read("[a]\nb.c = [1, {d = 2}]\n")
        let a = try #require(table.members["a"])
        #expect(a.offset == 1 && a.value.offset == 0)
        guard case .table(let inner) = a.value.content, let b = inner.members["b"], case .table(let below) = b.value.content,
            let c = below.members["c"],
            case .array(let items) = c.value.content, case .table(let last) = items[1].content
        else { return #expect(Bool(false), "another shape") }
        #expect((b.offset, c.offset, c.value.offset) == (4, 6, 10))
        #expect(items.map(\.offset) == [11, 14])
        #expect(last.members["d"]?.offset == 15)
    }

    @Test func whatNestsTooDeepIsRefused() throws {
        func nested(_ open: String, _ middle: String, _ close: String, _ count: Int) -> String {
            "a = " + String(repeating: open, count: count) + middle + String(repeating: close, count: count)
        }
        let limit = TOMLReader.depthLimit
        _ = try TOMLReader.read(nested("[", "", "]", limit))
        for count in [limit + 1, 100_000] {
            #expect(throws: TOMLError.self) { try TOMLReader.read(nested("[", "", "]", count)) }
            #expect(throws: TOMLError.self) { try TOMLReader.read(nested("{a=", "1", "}", count)) }
            #expect(throws: TOMLError.self) { try TOMLReader.read(String(repeating: "a.", count: count) + "a = 1") }
        }
    }

    private static func shown(_ content: TOMLValue.Content) -> String {
        switch content {
        case .string(let text): "\"\(text)\""
        case .integer(let value): "\(value)"
        case .number(let value): "\(value)"
        case .bool(let value): "\(value)"
        case .moment(let moment): moment.kind.rawValue
        case .array(let items): "[" + items.map { shown($0.content) }.joined(separator: ",") + "]"
        case .table(let table):
            "{" + table.members.map { "\($0.key)=\(shown($0.value.value.content))" }.sorted().joined(separator: ",") + "}"
        }
    }
}
