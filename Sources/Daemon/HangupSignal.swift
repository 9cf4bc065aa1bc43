internal import ServiceLifecycle
internal import UnixSignals

/// Does something at each SIGHUP, one after another, until graceful shutdown.
package struct HangupSignal: Service {
    private let action: @Sendable () async -> Void

    package init(_ action: @escaping @Sendable () async -> Void) { self.action = action }

    package func run() async throws {
        for await _ in await UnixSignalsSequence(trapping: .sighup).cancelOnGracefulShutdown() { await action() }
    }
}
