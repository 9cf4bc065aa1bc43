internal import Glibc
internal import Subprocess
internal import SystemPackage

/// Runs one program for one job, in a process group of its own that is ended with it.
struct AgentProgram: Sendable {
    enum Ending: Sendable, Hashable {
        /// With what it wrote, and the last lines of its standard error.
        case exited(Int32, output: [UInt8], said: String)
        case signalled(Int32, said: String)
        case timedOut
        case tooMuchOutput
        case notStarted(String)
    }

    /// Annotations, a screen text, further jobs: more than a megabyte is a mistake.
    static let mostOutput = 1 << 20
    /// The end of standard error that is kept as reason, in bytes.
    private static let mostReason = 480
    /// Between SIGTERM and SIGKILL.
    private static let grace = Duration.seconds(2)
    /// The worker's own ways to the gateway are not the program's.
    private static let hidden: [Environment.Key] = ["EARSHOT_SOCKET", "EARSHOT_TOKEN_FILE", "EARSHOT_RUN", "CREDENTIALS_DIRECTORY", "NOTIFY_SOCKET"]

    private struct TooMuchOutput: Error {}

    private let settings: AgentSettings
    private let folder: String

    /// - Parameter folder: where it starts, and where it may write.
    init(_ settings: AgentSettings, folder: String) {
        self.settings = settings
        self.folder = folder
    }

    /// - Parameter question: the file that is its standard input.
    /// - Throws: `CancellationError`; the program is then ended.
    func run(_ question: String) async throws -> Ending {
        try await withThrowingTaskGroup(of: Ending.self) { group in
            group.addTask { try await runWithoutLimit(question) }
            group.addTask {
                try await ContinuousClock().sleep(for: settings.limit)
                return .timedOut
            }
            defer { group.cancelAll() }
            guard let first = try await group.next() else { throw CancellationError() }
            return first
        }
    }

    private func runWithoutLimit(_ question: String) async throws -> Ending {
        guard let program = settings.command.first else { return .notStarted("no command") }
        let input = try FileDescriptor.open(FilePath(question), .readOnly, options: .closeOnExec)
        var options = PlatformOptions()
        options.processGroupID = 0
        let steps = [TeardownStep.gracefulShutDown(toProcessGroup: true, allowedDurationToNextStep: Self.grace)]
        options.teardownSequence = steps
        do {
            let result = try await Subprocess.run(
                program.contains("/") ? .path(FilePath(program)) : .name(program),
                arguments: Arguments(Array(settings.command.dropFirst())),
                environment: .inherit.updating(Dictionary(uniqueKeysWithValues: Self.hidden.map { ($0, String?.none) })),
                workingDirectory: FilePath(folder), platformOptions: options,
                input: .fileDescriptor(input, closeAfterSpawningProcess: true), output: .sequence, error: .sequence
            ) { execution in
                do {
                    async let said = Self.tail(of: execution.standardError)
                    let output = try await Self.whole(of: execution.standardOutput)
                    let texts = (output, try await said)
                    try Task.checkCancellation()
                    return texts
                } catch {
                    await execution.teardown(using: steps)
                    // What the program left behind in its group; its own zombie still keeps the number from being used again.
                    try? execution.send(signal: .kill, toProcessGroup: true)
                    throw error
                }
            }
            // It has ended, what it started ends, too. Its number cannot have been used again within these microseconds.
            kill(-result.processIdentifier.value, SIGKILL)
            let (output, said) = result.closureResult
            switch result.terminationStatus {
            case .exited(let status): return .exited(status, output: output, said: said)
            case .signaled(let signal): return .signalled(signal, said: said)
            }
        } catch is TooMuchOutput {
            return .tooMuchOutput
        } catch let error as SubprocessError {
            try Task.checkCancellation()
            return .notStarted(String(describing: error))
        }
    }

    private static func whole(of stream: SubprocessOutputSequence) async throws -> [UInt8] {
        var bytes: [UInt8] = []
        for try await piece in stream {
            bytes += Self.bytes(of: piece)
            guard bytes.count <= mostOutput else { throw TooMuchOutput() }
        }
        return bytes
    }

    /// The last whole lines that fit; a longer last line is cut at its front.
    private static func tail(of stream: SubprocessOutputSequence) async throws -> String {
        var bytes: [UInt8] = []
        for try await piece in stream {
            bytes += Self.bytes(of: piece)
            if bytes.count > 64 * mostReason { bytes.removeFirst(bytes.count - 2 * mostReason) }
        }
        while let last = bytes.last, last <= 0x20 { bytes.removeLast() }
        guard bytes.count > mostReason else { return String(decoding: bytes, as: UTF8.self) }
        let end = bytes.suffix(mostReason)
        let line = end.firstIndex(of: 0x0A).map { $0 + 1 } ?? end.startIndex
        return String(decoding: bytes[line...], as: UTF8.self)
    }

    private static func bytes(of piece: SubprocessOutputSequence.Buffer) -> [UInt8] { unsafe piece.withUnsafeBytes { unsafe Array($0) } }
}
