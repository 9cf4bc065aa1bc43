internal import Subprocess
internal import Synchronization
internal import SystemPackage

/// How one program of the sandbox is started.
struct SandboxProgram: Sendable {
    /// Names it in messages and its log file.
    let name: String
    let executable: Executable
    let arguments: [String]
    let environment: [Environment.Key: String?]
    /// Whether its first line on standard output says that it is ready.
    let announces: Bool
}

/// What went wrong with a program.
struct ProgramFailure: Error, CustomStringConvertible {
    let description: String
}

/// Starts programs, hands signals to them and knows when each ends. Nothing outlives `run`.
final class ProgramSupervisor: Sendable {
    /// How long a program may take until it says that it is ready. Ends a hang only.
    private static let patience: Duration = .seconds(60)

    private struct Running {
        /// nil until the process exists.
        var signal: (@Sendable (Signal) -> Void)?
        /// Somebody asked for its end.
        var endIsWanted = false
        var onReady: CheckedContinuation<String, any Error>?
        var onEnd: [CheckedContinuation<Void, Never>] = []
    }

    private let state = Mutex<[String: Running]>([:])
    private let starts: AsyncStream<SandboxProgram>
    private let start: AsyncStream<SandboxProgram>.Continuation
    private let logs: FilePath

    /// - Parameter logs: the folder for `NAME.log`.
    init(logs: FilePath) {
        self.logs = logs
        (starts, start) = AsyncStream.makeStream(of: SandboxProgram.self, bufferingPolicy: .bufferingOldest(64))
    }

    /// Keeps the programs until cancelled; then ends them all. Throws when one ends by itself.
    func run() async throws {
        try await withThrowingDiscardingTaskGroup { group in
            for await program in starts {
                group.addTask { try await self.live(program) }
            }
        }
    }

    /// Starts a program and, when it announces itself, waits for that line and returns it.
    func launch(_ program: SandboxProgram) async throws -> String {
        let line: String? = try await withThrowingTaskGroup(of: String?.self) { group in
            group.addTask {
                try await withCheckedThrowingContinuation { continuation in
                    self.state.withLock { $0[program.name] = Running(onReady: continuation) }
                    self.start.yield(program)
                    if Task.isCancelled { self.ready(program.name, with: .failure(CancellationError())) }
                }
            }
            group.addTask {
                do {
                    try await ContinuousClock().sleep(for: Self.patience)
                } catch {
                    // Cancelled: a program that is not started any more says nothing.
                    self.ready(program.name, with: .failure(error))
                    throw error
                }
                self.ready(program.name, with: .failure(self.failure(of: program.name, "said nothing for \(Self.patience)")))
                return nil
            }
            defer { group.cancelAll() }
            return try await group.next() ?? nil
        }
        guard let line else { throw failure(of: program.name, "did not start") }
        return line
    }

    /// Sends a signal that is meant to end the program, and waits until it has ended.
    func end(_ name: String, by signal: Signal) async {
        let send = state.withLock { programs in
            programs[name]?.endIsWanted = true
            return programs[name]?.signal
        }
        guard let send else { return }
        await withCheckedContinuation { continuation in
            let isOver = state.withLock { programs in
                guard programs[name] != nil else { return true }
                programs[name]?.onEnd.append(continuation)
                return false
            }
            if isOver { continuation.resume() } else { send(signal) }
        }
    }

    private func live(_ program: SandboxProgram) async throws {
        defer { ended(program.name) }
        var options = PlatformOptions()
        // The terminal's Ctrl-C is for this process; it ends the others in order.
        options.processGroupID = 0
        options.teardownSequence = [.gracefulShutDown(allowedDurationToNextStep: .seconds(5))]
        let log = try FileDescriptor.open(
            logs.appending("\(program.name).log"), .writeOnly, options: [.create, .append, .closeOnExec], permissions: [.ownerReadWrite])
        let result: TerminationStatus
        do {
            result = try await Subprocess.run(
                program.executable, arguments: Arguments(program.arguments), environment: .inherit.updating(program.environment),
                platformOptions: options, input: .none, output: .sequence, error: .fileDescriptor(log, closeAfterSpawningProcess: true)
            ) { process in
                self.exists(program) { try? process.send(signal: $0) }
                for try await line in process.standardOutput.strings() {
                    if program.announces { self.ready(program.name, with: .success(line)) }
                }
            }.terminationStatus
        } catch let error as SubprocessError {
            throw failure(of: program.name, "could not be run: \(error)")
        }
        let isWanted = state.withLock { $0[program.name]?.endIsWanted ?? true }
        guard isWanted || Task.isCancelled else { throw failure(of: program.name, "ended by itself (\(result))") }
    }

    private func exists(_ program: SandboxProgram, signal: @escaping @Sendable (Signal) -> Void) {
        state.withLock { $0[program.name]?.signal = signal }
        if !program.announces { ready(program.name, with: .success("")) }
    }

    private func ready(_ name: String, with result: Result<String, any Error>) {
        let waiting = state.withLock { programs in
            let waiting = programs[name]?.onReady
            programs[name]?.onReady = nil
            return waiting
        }
        waiting?.resume(with: result)
    }

    private func ended(_ name: String) {
        let gone = state.withLock { $0.removeValue(forKey: name) }
        gone?.onReady?.resume(throwing: failure(of: name, "ended before it was ready"))
        for waiter in gone?.onEnd ?? [] { waiter.resume() }
    }

    private func failure(of name: String, _ what: String) -> ProgramFailure {
        ProgramFailure(description: "\(name) \(what). What it said is in \(logs.appending("\(name).log"))")
    }
}
