import CommandLine
import Recordings
import Testing

@Suite struct DemoScreenTests {
    static let digest = SHA256Digest((0..<32).map { UInt8($0) })

    static func row(
        _ card: String, _ number: UInt32, clock: ClockTrust = .set, kind: String = "conversation", isEqual: Bool = true,
        state: RecordingState = .proven, deleted: UTCTime? = nil
    ) -> DemoFindings.Row {
        DemoFindings.Row(
            card: card, number: number, started: UTCTime("2026-11-23T09:01:12Z"), clock: clock, milliseconds: 151_000, kind: kind,
            isOneKey: kind == "memo", marks: 2, size: 610_000, onCard: digest, held: digest, isEqual: isEqual, state: state, isDelivered: true,
            deleted: deleted)
    }

    static func findings() -> DemoFindings {
        var findings = DemoFindings()
        findings.rows = [
            row("anna", 1), row("anna", 2, kind: "memo"), row("anna", 3, state: .deletedOnCard, deleted: UTCTime("2026-11-23T09:33:20Z")),
            row("ben", 1, clock: .mended),
        ]
        findings.mishaps = [
            DemoFindings.Mishap(what: "link lost at 61 % of anna/2", then: "went on at byte 893,411", proof: "0 bytes doubled", isMended: true)
        ]
        findings.oneKey = DemoFindings.OneKey(
            card: "anna", pressed: UTCTime(milliseconds: 0), logged: .milliseconds(110), memoHere: .milliseconds(700),
            agentDone: .milliseconds(900), screen: "Noted: 4 s memo")
        findings.audits = [DemoFindings.CardAudit(card: "anna", last: 3, held: 2, delivered: 2, deleted: 1)]
        findings.eventsOnCards = 12
        findings.eventsHeld = 12
        findings.took = .milliseconds(38_400)
        return findings
    }

    static func lines(_ findings: DemoFindings, columns: Int?) -> [String] {
        DemoScreen(findings, columns: columns) { time in
            let fields = time.fields
            return "\(pad(fields.hour)):\(pad(fields.minute)):\(pad(fields.second))"
        }.lines
    }

    @Test func showsEveryRecordingWithBothDigests() {
        let text = Self.lines(Self.findings(), columns: 120)
        #expect(text.first == "EARSHOT DEMO  2 software cards · 4 recordings · 12 events · simulated BlueZ, private bus · 38.4 s")
        #expect(text.contains { $0.contains("anna   1") && $0.contains("2:31") && $0.contains("596 KiB") && $0.contains("00010203 = 00010203") })
        #expect(text.contains { $0.contains("memo ◂ one key") })
        #expect(text.contains { $0.contains("deleted on the card by its user, 09:33:20") && $0.hasSuffix("explained") })
        #expect(text.contains { $0.contains("clock unset") && $0.contains("re-timed") })
        #expect(text.contains { $0.contains("✓ link lost at 61 % of anna/2") && $0.hasSuffix("0 bytes doubled") })
        #expect(text.contains { $0.contains("┌ Noted: 4 s memo ┐") })
        #expect(text.contains { $0.contains("logged +0.11 s · memo here +0.70 s") })
        #expect(text.contains { $0.contains("every file byte for byte the card's: 3 of 3") })
    }

    @Test func fitsAHundredColumns() {
        var findings = Self.findings()
        findings.rows += [Self.row("anna", 12, clock: .unknown, kind: "memo")]
        for line in Self.lines(findings, columns: 100) { #expect(line.count <= 100, "\(line)") }
    }

    @Test func hasNoFrameOnANarrowTerminalAndWithoutOne() {
        for columns in [nil, 80] {
            let text = Self.lines(Self.findings(), columns: columns)
            #expect(!text.contains { $0.contains("┌") })
            #expect(text.contains { $0.contains("\"Noted: 4 s memo\"") })
        }
    }

    @Test func provesNothingThatWasNotSeen() {
        #expect(Self.findings().isProven)
        #expect(!DemoFindings().isProven, "nothing observed")
        let breaks: [(inout DemoFindings) -> Void] = [
            { $0.unexplained = 1 },
            { $0.eventsHeld = 11 },
            { $0.oneKey = nil },
            { $0.rows[0] = Self.row("anna", 1, isEqual: false) },
            { $0.rows[0] = Self.row("anna", 1, state: .stored) },
            { $0.mishaps[0] = DemoFindings.Mishap(what: "", then: "", proof: "", isMended: false) },
        ]
        for change in breaks {
            var findings = Self.findings()
            change(&findings)
            #expect(!findings.isProven)
        }
    }

    @Test func aDifferenceIsShownAsOne() {
        var findings = Self.findings()
        findings.rows[0] = Self.row("anna", 1, isEqual: false)
        #expect(Self.lines(findings, columns: 120).contains { $0.contains("00010203 ≠ 00010203") })
    }
}
