import Processing
import Testing
import Workers

@Suite("The command line of earshot-worker")
struct OptionsTests {
    @Test func accepted() throws {
        #expect(try Self.options(["decode"]) == .decode(DecodeSettings(rate: 48_000)))
        #expect(try Self.options(["decode", "--rate", "16000"]) == .decode(DecodeSettings(rate: 16_000)))
        #expect(
            try Self.options(["hello", "--seconds", "5", "--jobs", "2", "--", "/bin/agent", "--rate", "1"])
                == .agent(queue: "hello", AgentSettings(command: ["/bin/agent", "--rate", "1"], limit: .seconds(5)), jobs: 2))
    }

    @Test(arguments: [
        [], ["../x", "--", "a"], [".x", "--", "a"], ["hello"], ["hello", "--"], ["hello", "agent"], ["hello", "--rate", "8000", "--", "a"],
        ["hello", "--seconds", "0", "--", "a"], ["hello", "--seconds", "--", "a"], ["hello", "--jobs", "1", "--jobs", "2", "--", "a"],
        ["decode", "--", "a"], ["decode", "--jobs", "2"], ["decode", "--rate", "44100"], ["decode", "--rate"],
    ])
    func refused(arguments: [String]) {
        #expect(throws: WorkerProgram.UsageError.self) { try Self.options(arguments) }
    }

    @Test func aCommandMayStandInTheConfiguration() throws {
        #expect(
            try Self.options(["assistant"], configured: ["assistant": ["/opt/a.py", "--fast"]])
                == .agent(queue: "assistant", AgentSettings(command: ["/opt/a.py", "--fast"], limit: .seconds(60)), jobs: 1))
        #expect(
            try Self.options(["assistant", "--", "/bin/b"], configured: ["assistant": ["/opt/a.py"]])
                == .agent(queue: "assistant", AgentSettings(command: ["/bin/b"], limit: .seconds(60)), jobs: 1), "the one given wins")
    }

    private static func options(_ arguments: [String], configured: [String: [String]] = [:]) throws -> ProcessorOptions {
        try ProcessorOptions(arguments) { configured[$0] }
    }
}
