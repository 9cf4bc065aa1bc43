import CommandLine
import Testing

/// Tables on terminals of any width.
@Suite struct TextTableTests {
    private static func table() -> TextTable {
        var table = TextTable([.init(title: "what"), .init(title: "holder", givesWay: true), .init(title: "because", givesWay: true)])
        table.add(["anna/1", "Anna Weiss of the north", "The card did not accept its digest, and a person has to look at it before long."])
        table.add(["anna/2", "Ben", "Short."])
        return table
    }

    @Test func withoutATerminalNothingIsCut() {
        let lines = Self.table().lines(width: nil)
        #expect(lines.count == 3 && lines[1].hasSuffix("before long."))
    }

    @Test func aReasonGoesOnInTheNextLineAndLosesNoWord() {
        let lines = Self.table().lines(width: 60)
        #expect(lines.allSatisfy { TextTableTests.columns($0) <= 60 }, "\(lines)")
        let reason = lines[1...].prefix { !$0.hasPrefix("anna/2") }.map { $0.split(separator: " ").joined(separator: " ") }.joined(separator: " ")
        #expect(reason.hasSuffix("The card did not accept its digest, and a person has to look at it before long."), "\(reason)")
        #expect(lines.last?.hasPrefix("anna/2  Ben") == true && lines.last?.hasSuffix("Short.") == true)
    }

    @Test func aWordLongerThanTheColumnIsBroken() {
        var table = TextTable([.init(title: "of"), .init(title: "why", givesWay: true)])
        table.add(["x", String(repeating: "a", count: 70)])
        #expect(table.lines(width: 40).dropFirst().map { $0.count { $0 == "a" } }.reduce(0, +) == 70)
    }

    private static func columns(_ line: String) -> Int { line.count }
}
