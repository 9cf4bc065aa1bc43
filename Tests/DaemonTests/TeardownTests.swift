import Daemon
import Logging
import ServiceLifecycle
import Synchronization
import Testing

@Suite struct TeardownTests {
    /// Runs until it is asked to stop, which takes it some time; or ends of itself.
    private struct Part: Service {
        let time: Time
        let takes: Duration
        let started: AsyncStream<Void>.Continuation
        var failure: (any Error)?

        func run() async throws {
            started.yield()
            if let failure { throw failure }
            try await gracefulShutdown()
            time.now.withLock { $0 += takes }
        }
    }

    private final class Time: Sendable {
        let now = Mutex<Duration>(.seconds(100))
        let said = Mutex<[String]>([])
    }

    private struct Failure: Error {}

    private func teardown(_ time: Time, _ log: LogKeeper) -> Teardown {
        Teardown(logger: log.logger, now: { time.now.withLock { $0 } }, say: { line in time.said.withLock { $0.append(line) } })
    }

    @Test func eachPartIsTimedAndTheLongestIsNamedFirst() async throws {
        let time = Time()
        let log = LogKeeper()
        let teardown = teardown(time, log)
        let (starts, started) = AsyncStream.makeStream(of: Void.self)
        let group = ServiceGroup(
            services: [
                teardown.part("radio", Part(time: time, takes: .milliseconds(2310), started: started)),
                teardown.part("api", Part(time: time, takes: .milliseconds(12), started: started)),
            ], logger: log.logger)
        async let life: Void = group.run()
        var waiting = starts.makeAsyncIterator()
        for _ in 0..<2 { await waiting.next() }
        await group.triggerGracefulShutdown()
        try await life
        teardown.isOver()
        #expect(
            time.said.withLock { $0 } == [
                "stopping api", "stopping: api 0.012 s", "stopping radio: api 0.012 s", "stopping: radio 2.310 s, api 0.012 s",
            ])
        #expect(
            log.lines == [
                "A part has stopped part=api took=0.012 s", "A part has stopped part=radio took=2.310 s", "Stopped parts=2 took=2.322 s",
            ])
    }

    /// What fails was not asked; those that it takes along were.
    @Test func aPartThatFailsIsNotTimed() async throws {
        let time = Time()
        let log = LogKeeper()
        let teardown = teardown(time, log)
        let (_, started) = AsyncStream.makeStream(of: Void.self)
        let part = teardown.part("radio", Part(time: time, takes: .zero, started: started, failure: Failure()))
        let group = ServiceGroup(services: [part], logger: log.logger)
        await #expect(throws: Failure.self) { try await group.run() }
        teardown.isOver()
        #expect(time.said.withLock { $0 } == [])
        #expect(log.lines == [])
    }
}

/// What was logged at info and above: the message, and its facts in the order of their names.
private final class LogKeeper: Sendable {
    private let kept = Mutex<[String]>([])
    var lines: [String] { kept.withLock { $0 } }
    var logger: Logger { Logger(label: "test") { _ in Handler(keeper: self) } }

    private struct Handler: LogHandler {
        let keeper: LogKeeper
        var logLevel = Logger.Level.info
        var metadata: Logger.Metadata = [:]

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }

        func log(event: LogEvent) {
            let facts = (event.metadata ?? [:]).sorted { $0.key < $1.key }.map { " \($0.key)=\($0.value)" }
            keeper.kept.withLock { $0.append("\(event.message)" + facts.joined()) }
        }
    }
}
