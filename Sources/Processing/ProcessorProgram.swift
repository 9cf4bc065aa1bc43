internal import Daemon
internal import Workers

/// `earshot-worker`
package enum ProcessorProgram {
    package static func main() async -> Never {
        await WorkerProgram.main("earshot-worker", usage: ProcessorOptions.usage) { arguments, environment, logger in
            let place = try WorkerPlace(environment: environment)
            let places = Places(environment: environment)
            let options = try ProcessorOptions(arguments) { queue in try places.loadConfiguration().agents[queue]?.command }
            switch options {
            case .decode(let settings):
                // With a destination configured its copy gets the WAV file beside it, by one more job of the uploader.
                let configuration = try places.loadConfiguration()
                let decoder = Decoder(settings, announcesToUpload: configuration.deliversRecordings)
                return WorkerService(place, queue: "decode", batch: 1, logger: logger) { try await decoder.work($0, $1) }
            case .agent(let queue, let settings, let jobs):
                let agent = Agent(settings)
                return WorkerService(place, queue: queue, batch: jobs, logger: logger) { try await agent.work($0, $1) }
            }
        }
    }
}

extension Configuration {
    /// Whether stored recordings go to a destination.
    fileprivate var deliversRecordings: Bool {
        completed(deliveredTo: "").routes.contains { route in
            route.when == .recordingStored && route.actions.contains { if case .destination = $0 { true } else { false } }
        }
    }
}
