package import Logging
package import ServiceLifecycle
internal import UnixSignals

/// The life of a unit: services run together until one ends or a signal asks them to; then they shut down in the reverse order.
package enum UnitRun {
    /// A shutdown that takes longer than this is cut off: systemd would kill at 90 s, a person gives up before.
    package static let shutdownLimit = Duration.seconds(20)

    /// Returns after SIGTERM or SIGINT when all services have ended; throws what a service threw.
    ///
    /// - Parameter parts: by the name that their end is told with.
    package static func run(_ parts: [(name: String, service: any Service)], logger: Logger) async throws {
        let teardown = Teardown(logger: logger)
        let services = parts.map { teardown.part($0.name, $0.service) }
        var configuration = ServiceGroupConfiguration(
            services: services.map { .init(service: $0, successTerminationBehavior: .gracefullyShutdownGroup) },
            gracefulShutdownSignals: [.sigterm, .sigint],
            logger: logger)
        configuration.maximumGracefulShutdownDuration = shutdownLimit
        defer { teardown.isOver() }
        try await ServiceGroup(configuration: configuration).run()
    }
}
