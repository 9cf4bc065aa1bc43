internal import Workers

/// The command line of `earshot-worker`.
package enum ProcessorOptions: Sendable, Hashable {
    case decode(DecodeSettings)
    case agent(queue: String, AgentSettings, jobs: Int)

    package static let usage = """
        earshot-worker: works on the jobs of one queue of the gateway.

        USAGE: earshot-worker decode [--rate HZ]
               earshot-worker QUEUE [--seconds N] [--jobs N] [-- COMMAND [ARGUMENT]...]

        decode     makes a WAV file of each recording and says how long and how loud it is and what is missing
        QUEUE      runs COMMAND for each job: the job as JSON on its standard input, the answer as JSON on its standard output;
                   exit status 0 done, 75 try again later, anything else: failed for good, with the last lines of standard error;
                   left out, it is the one of [agents.QUEUE] in earshot.toml

          --rate HZ      of the WAV file: 8000, 12000, 16000, 24000 or 48000 (48000)
          --seconds N    a command that takes longer is ended and tried again (60)
          --jobs N       so many commands at the same time, 1 to 16 (1)

        ENVIRONMENT
          EARSHOT_SOCKET        the gateway's socket (/run/earshot/agents/api.sock)
          EARSHOT_TOKEN_FILE    a file with this worker's token
          EARSHOT_CONFIG        the configuration (/etc/earshot/earshot.toml)
          EARSHOT_LOG           trace, debug, info, notice, warning, error, critical (info)
        """

    /// - Parameter configured: the command that the configuration has for a queue.
    /// - Throws: `WorkerProgram.UsageError`, and what `configured` throws.
    package init(_ arguments: [String], configured: (String) throws -> [String]?) throws {
        var rest = arguments[...]
        guard let queue = rest.popFirst() else { throw WorkerProgram.UsageError("Which queue?") }
        guard Self.isQueueName(queue) else {
            throw WorkerProgram.UsageError("A queue is 1 to 64 of A-Z a-z 0-9 . _ - and begins with none of . -")
        }
        var rate = 48_000
        var seconds = 60
        var jobs = 1
        var command: [String]?
        var given: Set<String> = []
        while let option = rest.popFirst() {
            if option == "--" {
                command = Array(rest)
                break
            }
            guard given.insert(option).inserted else { throw WorkerProgram.UsageError("\(option) is given twice.") }
            func number(_ range: ClosedRange<Int>) throws -> Int {
                guard let text = rest.popFirst(), let value = Int(text), range.contains(value) else {
                    throw WorkerProgram.UsageError("\(option) takes a number from \(range.lowerBound) to \(range.upperBound).")
                }
                return value
            }
            switch option {
            case "--rate": rate = try number(8000...48_000)
            case "--seconds": seconds = try number(1...86_400)
            case "--jobs": jobs = try number(1...16)
            default: throw WorkerProgram.UsageError("There is no option \(option); a command stands behind --.")
            }
        }
        if queue == "decode" {
            guard command == nil, given.isSubset(of: ["--rate"]) else { throw WorkerProgram.UsageError("decode takes --rate only.") }
            guard [8000, 12_000, 16_000, 24_000, 48_000].contains(rate) else {
                throw WorkerProgram.UsageError("--rate is 8000, 12000, 16000, 24000 or 48000.")
            }
            self = .decode(DecodeSettings(rate: rate))
        } else {
            guard let command = try command ?? configured(queue), !command.isEmpty else {
                throw WorkerProgram.UsageError(
                    "Which command works on the queue \(queue)? It stands behind --, or in earshot.toml as command of [agents.\(queue)].")
            }
            guard !given.contains("--rate") else { throw WorkerProgram.UsageError("--rate is for decode.") }
            self = .agent(queue: queue, AgentSettings(command: command, limit: .seconds(seconds)), jobs: jobs)
        }
    }

    private static func isQueueName(_ text: String) -> Bool {
        (1...64).contains(text.utf8.count) && text.first != "." && text.first != "-"
            && text.utf8.allSatisfy {
                (0x30...0x39).contains($0) || (0x41...0x5A).contains($0) || (0x61...0x7A).contains($0) || [0x2D, 0x2E, 0x5F].contains($0)
            }
    }
}
