internal import Subprocess
internal import Synchronization
internal import SystemPackage

/// Starts programs, hands signals to them and knows when each ends. Nothing outlives `run`.
final class ProgramSupervisor: Sendable {
    /// How long a program may take until it says that it is ready. Ends a hang only.
    private static let patience: Duration = .seconds(60)
    /// A program that ends by itself more often than so many times within so long is not started again.
    private static let restarts = (count: 5, within: Duration.seconds(60))

    private struct Running {
        /// nil until the process exists.
        var signal: (@Sendable (Signal) -> Void)?
        /// Somebody asked for its end.
        var endIsWanted = false
        var onReady: CheckedContinuation<Void, any Error>?
        var onEnd: [CheckedContinuation<Void, Never>] = []
    }

    private let state = Mutex<[String: Running]>([:])
    private let starts: AsyncStream<SandboxProgram>
    private let start: AsyncStream<SandboxProgram>.Continuation
    private let logs: FilePath
    private let say: @Sendable (String) -> Void

    /// - Parameters:
    ///   - logs: the folder for `NAME.log`.
    ///   - say: takes what a person should know: that a program ended and is started again.
    init(logs: FilePath, say: @escaping @Sendable (String) -> Void) {
        self.logs = logs
        self.say = say
        (starts, start) = AsyncStream.makeStream(of: SandboxProgram.self, bufferingPolicy: .bufferingOldest(64))
    }

    /// Keeps the programs until cancelled; then ends them all. Throws when one ends for good without having been asked to.
    func run() async throws {
        try await withThrowingDiscardingTaskGroup { group in
            for await program in starts {
                group.addTask {
                    do {
                        try await self.keep(program)
                    } catch {
                        // The group's own body waits for starts: it has to end too.
                        self.start.finish()
                        throw error
                    }
                }
            }
        }
    }

    /// Starts a program and, when it announces itself, waits until it has done so.
    ///
    /// - Throws: `ProgramFailure` when it ends before, or says nothing for a minute; `CancellationError`.
    func launch(_ program: SandboxProgram) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await self.begin(program) }
            group.addTask {
                try await ContinuousClock().sleep(for: Self.patience)
                throw self.failure(of: program.name, "said nothing for a minute")
            }
            defer { group.cancelAll() }
            _ = try await group.next()
        }
    }

    private func begin(_ program: SandboxProgram) async throws {
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                self.state.withLock { $0[program.name] = Running(onReady: continuation) }
                if case .enqueued = self.start.yield(program), !Task.isCancelled { return }
                self.ready(program.name, with: .failure(CancellationError()))
            }
        } onCancel: {
            self.ready(program.name, with: .failure(CancellationError()))
        }
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

    // MARK: - One program

    /// One program's life, with its new starts.
    private func keep(_ program: SandboxProgram) async throws {
        defer { forget(program.name) }
        var ends: [ContinuousClock.Instant] = []
        while let end = try await live(program) {
            let now = ContinuousClock.now
            ends = ends.filter { now - $0 < Self.restarts.within } + [now]
            guard program.comesBack, ends.count <= Self.restarts.count else { throw end }
            say("\(end) It is started again.")
        }
    }

    /// One start, until the process has ended.
    ///
    /// - Returns: nil when its end was wanted; else what to tell of it.
    private func live(_ program: SandboxProgram) async throws -> ProgramFailure? {
        var options = PlatformOptions()
        // The terminal's Ctrl-C is for this process; it ends the others in order.
        options.processGroupID = 0
        options.teardownSequence = [.gracefulShutDown(allowedDurationToNextStep: .seconds(5))]
        do {
            let log = try log(of: program.name).open()
            let status = try await Subprocess.run(
                program.executable, arguments: Arguments(program.arguments), environment: .inherit.updating(program.environment),
                platformOptions: options, input: .none, output: .sequence,
                error: .fileDescriptor(log.descriptor, closeAfterSpawningProcess: true)
            ) { process in
                self.exists(program) { try? process.send(signal: $0) }
                for try await _ in process.standardOutput.strings() { self.ready(program.name, with: .success(())) }
            }.terminationStatus
            let (isWanted, isReady) = state.withLock { ($0[program.name]?.endIsWanted ?? true, $0[program.name]?.onReady == nil) }
            if isWanted || Task.isCancelled { return nil }
            // What a killed program said last has nothing to do with its end.
            let begin: Int64 = if case .exited = status { log.begin } else { .max }
            let failure = failure(of: program.name, "ended by itself (\(Self.words(status)))", since: begin)
            if !isReady { throw failure }
            return failure
        } catch {
            var told = error
            if let error = error as? SubprocessError {
                told = ProgramFailure(description: "\(program.name) could not be run: \(error) \(program.remedy ?? "")")
            }
            ready(program.name, with: .failure(told))
            throw told
        }
    }

    private static func words(_ status: TerminationStatus) -> String {
        switch status {
        case .exited(let code): "exit status \(code)"
        case .signaled(let number): "signal \(number)"
        }
    }

    private func exists(_ program: SandboxProgram, signal: @escaping @Sendable (Signal) -> Void) {
        state.withLock { $0[program.name]?.signal = signal }
        if !program.announces { ready(program.name, with: .success(())) }
    }

    private func ready(_ name: String, with result: Result<Void, any Error>) {
        let waiting = state.withLock { programs in
            let waiting = programs[name]?.onReady
            programs[name]?.onReady = nil
            return waiting
        }
        waiting?.resume(with: result)
    }

    private func forget(_ name: String) {
        let gone = state.withLock { $0.removeValue(forKey: name) }
        gone?.onReady?.resume(throwing: CancellationError())
        for waiter in gone?.onEnd ?? [] { waiter.resume() }
    }

    private func log(of name: String) -> ProgramLog { ProgramLog(path: logs.appending("\(name).log")) }

    private func failure(of name: String, _ what: String, since begin: Int64 = .max) -> ProgramFailure {
        let log = log(of: name)
        let said = log.lastLine(since: begin).map { " It said: \($0)" } ?? ""
        return ProgramFailure(description: "\(name) \(what).\(said) Its log: \(log.path)")
    }
}
