import APIClient
import Foundation
import GatewayAPI
import GatewayTestSupport
import Recordings
import Testing

/// Each command against a gateway's real API: words, JSON, exit status.
@Suite(.timeLimit(.minutes(10))) struct CommandTests {
    static func earshot(_ world: GatewayWorld, _ arguments: String...) async throws -> EarshotRun {
        try await EarshotRun.run(arguments, socket: world.controlSocket)
    }

    @Test func withoutADaemonItSaysSo() async throws {
        for command in [["status"], ["recordings"], ["why", "anna/1"], ["audit"], ["events"], ["queue"], ["cards"], ["export", "anna/1"]] {
            let run = try await EarshotRun.run(command + ["--socket", "/nowhere/api.sock"], socket: nil)
            #expect(run.status == 6, "\(command): \(run.error)")
            #expect(run.error.contains("systemctl start earshotd"))
            #expect(run.output.isEmpty)
        }
    }

    @Test(arguments: [
        ["nonsense"], ["pair", "anna", "--window", "61"], ["pair"], ["cards", "find"], ["forget"], ["why"], ["export"], ["import"],
        ["import", "x", "--kind", "song"],
        ["recordings", "--limit", "0"], ["status", "--yaml"], ["recordings", "--since", "soon"],
    ])
    func whatIsMisspeltIsUsage(arguments: [String]) async throws {
        let run = try await EarshotRun.run(arguments, socket: "/nowhere/api.sock")
        #expect(run.status == 2, "\(run.error)")
        #expect(!run.error.isEmpty)
    }

    @Test func helpNamesEveryCommandThatIsThere() async throws {
        let run = try await EarshotRun.run(["--help"], socket: nil)
        #expect(run.status == 0)
        let commands = [
            "status", "watch", "why", "audit", "recordings", "play", "export", "import", "pair", "forget", "cards", "holders", "owner", "events",
            "queue",
            "doctor", "report", "backup", "restore",
            "config",
            "access", "sandbox", "demo",
        ]
        for command in commands {
            #expect(run.output.contains("  \(command)"))
        }
    }

    @Test func statusShowsTheBox() async throws {
        try await GatewayWorld.run { world in
            try await world.store(1, sample(1000))
            let run = try await Self.earshot(world, "status")
            #expect(run.status == 0)
            #expect(run.output.contains("1 proven"))
            #expect(run.output.contains("hci0"))
            let json = try await Self.earshot(world, "status", "--json")
            #expect(json.lines.count == 1)
            #expect(try APIJSON.decode(StatusMessage.self, from: Array(json.output.utf8)).name == "hq")
        }
    }

    @Test func recordingsAreListedAndShown() async throws {
        try await GatewayWorld.run { world in
            for number in 1...3 { try await world.store(UInt32(number), sample(1000 + number)) }
            let list = try await Self.earshot(world, "recordings")
            #expect(list.lines.count == 4)
            #expect(list.lines[1].hasPrefix("anna/1"))
            let json = try await Self.earshot(world, "recordings", "anna", "--json")
            let refs = try json.lines.map { try APIJSON.decode(RecordingMessage.self, from: Array($0.utf8)).ref }
            #expect(refs == ["anna/1", "anna/2", "anna/3"])
            let one = try await Self.earshot(world, "recordings", "anna/2")
            #expect(one.output.contains(try digest(sample(1002)).description))
            // 2023-11-14T22:13:20Z, and 4.1 s long.
            let words = try await Self.earshot(world, "recordings", "anna 2023-11-14 22:13", "--json")
            #expect(words.status == 1)
            #expect(words.error.contains("may be any of these: anna/1"))
            let none = try await Self.earshot(world, "recordings", "anna 2023-11-15 09:00")
            #expect(none.status == 1)
            #expect(try await Self.earshot(world, "recordings", "anna/9").status == 1)
        }
    }

    @Test func whyTellsWaitingFromDoneAndStuck() async throws {
        try await GatewayWorld.run { world in
            try await world.store(1, sample(1000))
            let waiting = try await Self.earshot(world, "why", "anna/1")
            #expect(waiting.status == 3)
            #expect(waiting.output.contains("Next: It waits for or is with the workers of: decode, upload."))
            #expect(waiting.output.contains("stored"))
            for queue in ["decode", "upload"] {
                let job = try #require(try await world.control.lease(queue, LeaseRequest()).first)
                _ = try await world.control.done(job.id, DoneRequest(lease: job.lease.token))
            }
            #expect(try await Self.earshot(world, "why", "anna/1").status == 0)
            try await world.store(2, sample(1001))
            let job = try #require(try await world.control.lease("decode", LeaseRequest()).first)
            _ = try await world.control.failed(job.id, FailedRequest(lease: job.lease.token, reason: "no \u{1B}[31mOpus", retry: false))
            let stuck = try await Self.earshot(world, "why", "anna/2")
            #expect(stuck.status == 4)
            #expect(!stuck.output.unicodeScalars.contains { $0.value == 0x1B }, "what a worker says cannot colour the terminal")
            #expect(try await Self.earshot(world, "queue", "dead").output.contains(job.id.description))
            #expect(try await Self.earshot(world, "queue", "retry", job.id.description).status == 0)
            #expect(try await Self.earshot(world, "why", "anna/77").status == 1)
        }
    }

    @Test func auditEndsWithWhatIsUnexplained() async throws {
        try await GatewayWorld.run { world in
            try await world.store(1, sample(1000))
            let run = try await Self.earshot(world, "audit")
            #expect(run.status == 0)
            #expect(run.output.hasSuffix("Unexplained: 0  (on the way: 1, explained: 0)\n"))
            #expect(run.output.contains("anna/1  waiting  Held here and not delivered yet."))
            // A number that the card gave out, that nobody has and nobody explains.
            try await world.press(3...3)
            let gap = try await Self.earshot(world, "audit", "--json")
            let audit = try APIJSON.decode(AuditMessage.self, from: Array(gap.output.utf8))
            #expect(gap.status == 4)
            #expect(audit.unexplained == 2)
            #expect(try await Self.earshot(world, "audit", "anna", "--since", "2020-01-01").output.contains("anna events 1-2"))
            let early = try await Self.earshot(world, "audit", "--until", "2020-01-01")
            #expect(early.status == 4, "the lost presses may have been as early as that")
            #expect(try await Self.earshot(world, "audit", "ben").status == 1)
            let later = try await Self.earshot(world, "audit", "--since", "2927-01-01")
            #expect(later.status == 2 && later.error.contains("is yet to come"), "\(later.error)")
            #expect(try await Self.earshot(world, "audit", "--since", "2021-01-01", "--until", "2020-01-01").status == 2)
        }
    }

    @Test func anEmptySpanIsNoProof() async throws {
        try await GatewayWorld.run { world in
            try await world.store(1, sample(1000))
            let run = try await Self.earshot(world, "audit", "--until", "2020-01-01")
            #expect(run.status == 0 && run.output == "Nothing was started in this span.\n", "\(run.output)")
        }
    }

    @Test func runsOfTheSameReasonAreOneLine() async throws {
        try await GatewayWorld.run { world in
            for number in [UInt32(1), 2, 3, 5] { try await world.store(number, sample(1000 + Int(number))) }
            let lines = try await Self.earshot(world, "audit").lines
            #expect(lines.contains { $0.hasPrefix("anna/1-3  waiting") })
            #expect(lines.contains { $0.hasPrefix("anna/5    waiting") })
            #expect(lines.contains { $0.hasPrefix("anna/4    unexplained") })
        }
    }

    @Test func receiptsAreShownOneByOneAndAsAList() async throws {
        try await GatewayWorld.run { world in
            let bytes = sample(1000)
            let digest = try digest(bytes)
            try await world.store(1, bytes)
            let open = try await Self.earshot(world, "audit", "anna/1")
            #expect(open.status == 3)
            #expect(open.output.contains("missing        No destination confirmed it yet."))
            let job = try #require(try await world.control.lease("upload", LeaseRequest()).first)
            let delivery = DeliveryClaimMessage(destination: "archive", object: "anna/x.opus", sha256: digest, size: 1000)
            _ = try await world.control.done(job.id, DoneRequest(lease: job.lease.token, delivery: delivery))
            let whole = try await Self.earshot(world, "audit", "anna/1")
            #expect(whole.status == 0)
            #expect(whole.output.contains("1000 bytes, SHA-256 \(digest)"))
            #expect(whole.output.contains("archive: anna/x.opus"))
            #expect(whole.output.hasSuffix("missing        nothing\n"))
            let list = try await Self.earshot(world, "audit", "--receipts")
            #expect(list.status == 0)
            let prefix = String(digest.description.prefix(8))
            #expect(list.lines.last?.hasPrefix("anna/1     1000  \(prefix)  \(prefix)") == true)
            let json = try await Self.earshot(world, "audit", "--receipts", "--json").lines
            #expect(json.count == 2)
            #expect(try APIJSON.decode(ReceiptMessage.self, from: Array(try #require(json.last).utf8)).missing.isEmpty)
            #expect(try await Self.earshot(world, "audit", "anna/1", "--since", "today").status == 2)
        }
    }

    @Test func eventsAreOneALine() async throws {
        try await GatewayWorld.run { world in
            try await world.press(1...3)
            let run = try await Self.earshot(world, "events", "--types", "button.*")
            #expect(run.lines.count == 3)
            #expect(run.output.contains("button assistant, gesture double"))
            let wrong = try await Self.earshot(world, "events", "--types", "buton.*,button.pressed")
            #expect(wrong.lines.count == 3 && wrong.error.contains("No event is called buton.*."), "\(wrong.error)")
            let json = try await Self.earshot(world, "events", "--types", "button.*", "--json")
            #expect(
                try json.lines.map { try APIJSON.decode(EventMessage.self, from: Array($0.utf8)).type }
                    == Array(repeating: "earshot.button.pressed", count: 3))
        }
    }

    /// The shell's own way to a full disk.
    @Test func outputThatCannotBeWrittenIsNoSuccess() async throws {
        try await GatewayWorld.run { world in
            try await world.store(1, sample(1000))
            for words in ["audit", "owner export", "owner export -", "recordings --json", "export anna/1 --to .", "cards", "--help", "events"] {
                let command = "cd \(world.folder) && exec \(EarshotRun.program) \(words) >/dev/full"
                let run = try await EarshotRun.shell(command, socket: world.controlSocket)
                #expect(run.status == 1, "\(words): \(run.error)")
                #expect(run.error.contains("Standard output cannot be written"), "\(words): \(run.error)")
            }
            // A reader that has seen enough is no failure.
            let command = "{ \(EarshotRun.program) audit; echo $? >&2; } | true"
            let run = try await EarshotRun.shell(command, socket: world.controlSocket)
            #expect(run.error.hasPrefix("0"), "\(run.error)")
        }
    }

    @Test func anExportedKeyGoesToStandardOutputByADash() async throws {
        try await GatewayWorld.run { world in
            let folder = world.folder + "/dash"
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: false)
            let command = "cd \(folder) && exec \(EarshotRun.program) owner export -"
            let run = try await EarshotRun.shell(command, socket: world.controlSocket)
            #expect(run.status == 0 && run.lines.first?.count == 64, "\(run.output)\(run.error)")
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder).isEmpty)
        }
    }

    @Test func exportTakesOutTheFileAndNeverOverwrites() async throws {
        try await GatewayWorld.run { world in
            let bytes = sample(300_000)
            try await world.store(1, bytes)
            let out = world.folder + "/out"
            try FileManager.default.createDirectory(atPath: out, withIntermediateDirectories: false)
            let run = try await Self.earshot(world, "export", "anna/1", "--to", out)
            #expect(run.status == 0, "\(run.error)")
            #expect(FileManager.default.contents(atPath: out + "/anna-1.opus") == Data(bytes))
            let sidecar = try #require(FileManager.default.contents(atPath: out + "/anna-1.json"))
            #expect(try APIJSON.decode(RecordingMessage.self, from: sidecar).ref == "anna/1")
            let again = try await Self.earshot(world, "export", "anna/1", "--to", out)
            #expect(again.status == 1)
            #expect(again.error.contains("is there already"))
            // The other format goes beside it: what is known of it is there.
            #expect(try await Self.earshot(world, "export", "anna/1", "--to", out, "--format", "wav").status == 3, "not decoded yet")
            try Data("{}".utf8).write(to: URL(filePath: out + "/anna-1.json"))
            let wav = try await Self.earshot(world, "export", "anna/1", "--to", out, "--format", "wav")
            #expect(wav.status == 1 && wav.error.contains("is there already"), "somebody else's file")
            try FileManager.default.removeItem(atPath: out + "/anna-1.json")
            #expect(try await Self.earshot(world, "export", "anna/1", "--to", out, "--format", "wav").status == 3, "not decoded yet")
            #expect(try FileManager.default.contentsOfDirectory(atPath: out).sorted() == ["anna-1.opus"])
            #expect(try await Self.earshot(world, "export", "anna/1", "--to", "/nowhere").status == 1)
        }
    }
}
