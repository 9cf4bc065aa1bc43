import CommandLine
import Testing

/// staff.csv as people save it.
@Suite struct StaffListTests {
    @Test func columnsStandInAnyOrderAndFieldsMayBeQuoted() throws {
        let list = try StaffList(
            "\u{FEFF}Holder ID,Name,holder-name,groups\r\nanna@example.com,anna,\"Weiss, \"\"Anna\"\"\",sales; field\r\n\r\n,spare,,\r\n")
        #expect(list.rows.count == 2)
        #expect(list.rows[0].name == "anna" && list.rows[0].holder == "anna@example.com")
        #expect(list.rows[0].holderName == "Weiss, \"Anna\"" && list.rows[0].groups == ["sales", "field"])
        #expect(list.rows[1].name == "spare" && list.rows[1].holder == nil && list.rows[1].groups.isEmpty && list.rows[1].line == 4)
    }

    @Test(arguments: [
        ("", "empty"), ("name,colour\nanna,red\n", "\"colour\""), ("holder\nanna\n", "\"name\""), ("name,name\nanna,anna\n", "each once"),
        ("name\nanna\n\nanna\n", "line 2 did"), ("name,holder\n,x\n", "Line 2 has no name"), ("name\nanna,x\n", "Line 2 has 2 fields"),
        ("name\n\"anna\n", "line 2 do not end"), ("name,holder,holder_name\nanna,,Anna\n", "no holder's id"),
    ])
    func whatIsWrongIsNamedWithItsLine(text: String, says: String) {
        do {
            _ = try StaffList(text)
            Issue.record("taken: \(text)")
        } catch {
            #expect(error.description.contains(says), "\(error.description)")
        }
    }

    @Test func aFieldInQuotesMayHoldLineEnds() throws {
        let list = try StaffList("name,holder\n\"an\nna\",x\nben,y\n")
        #expect(list.rows.map(\.name) == ["an\nna", "ben"] && list.rows[1].line == 4)
    }
}
