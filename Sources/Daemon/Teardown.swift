package import Logging
package import ServiceLifecycle
internal import Synchronization

/// The end of a unit, part by part: which one stops, and how long each took. Said to the service manager while it lasts, and in the log of each part.
///
/// A `ServiceGroup` asks its services to stop one after the other, the last first, and waits for each.
package final class Teardown: Sendable {
    private struct State {
        var begun: Duration?
        var ended: [(name: String, took: Duration)] = []
        var stopping: [String] = []
    }

    private let state = Mutex(State())
    private let logger: Logger
    private let now: @Sendable () -> Duration
    private let say: @Sendable (String) -> Void

    /// - Parameters:
    ///   - now: time since some moment.
    ///   - say: one line for `systemctl status`.
    package init(
        logger: Logger, now: @escaping @Sendable () -> Duration = Teardown.elapsed,
        say: @escaping @Sendable (String) -> Void = ServiceManager.stopping
    ) {
        self.logger = logger
        self.now = now
        self.say = say
    }

    /// A service whose end is timed.
    ///
    /// - Parameter name: for people: `radio`.
    package func part(_ name: String, _ service: any Service) -> any Service { Part(name: name, service: service, teardown: self) }

    private func asked(_ name: String) -> Duration {
        let now = now()
        say(
            state.withLock { state in
                state.begun = state.begun ?? now
                state.stopping.append(name)
                return line(state)
            })
        return now
    }

    /// - Parameter asked: when it was asked to; nil: it ended of itself.
    private func ended(_ name: String, asked: Duration?) {
        guard let asked else { return }
        let took = now() - asked
        say(
            state.withLock { state in
                state.stopping.removeAll { $0 == name }
                state.ended.append((name, took))
                return line(state)
            })
        logger.info("A part has stopped", metadata: ["part": "\(name)", "took": "\(took.inSeconds)"])
    }

    /// All parts have ended. Nothing is said where nobody asked them to.
    package func isOver() {
        let (begun, parts) = state.withLock { ($0.begun, $0.ended.count) }
        guard let begun else { return }
        logger.info("Stopped", metadata: ["took": "\((now() - begun).inSeconds)", "parts": "\(parts)"])
    }

    /// `stopping radio: server 0.012 s, metrics 0.001 s`, the longest first.
    private func line(_ state: State) -> String {
        let ended = state.ended.sorted { $0.took > $1.took }.map { "\($0.name) \($0.took.inSeconds)" }.joined(separator: ", ")
        let stopping = state.stopping.isEmpty ? "stopping" : "stopping \(state.stopping.joined(separator: ", "))"
        return ended.isEmpty ? stopping : "\(stopping): \(ended)"
    }

    private static let start = SuspendingClock.now

    package static func elapsed() -> Duration { start.duration(to: .now) }

    private struct Part: Service {
        let name: String
        let service: any Service
        let teardown: Teardown

        func run() async throws {
            let asked = Asked()
            defer { teardown.ended(name, asked: asked.at.withLock { $0 }) }
            try await withGracefulShutdownHandler {
                try await service.run()
            } onGracefulShutdown: {
                let now = teardown.asked(name)
                asked.at.withLock { $0 = now }
            }
        }
    }

    private final class Asked: Sendable {
        let at = Mutex<Duration?>(nil)
    }
}

extension Duration {
    /// `0.012 s`
    fileprivate var inSeconds: String {
        let milliseconds = components.seconds * 1000 + components.attoseconds / 1_000_000_000_000_000
        let rest = "\(milliseconds % 1000)"
        return "\(milliseconds / 1000).\(String(repeating: "0", count: 3 - rest.count))\(rest) s"
    }
}
