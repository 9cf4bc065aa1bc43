import APIClient
import Foundation
import GatewayAPI
import Processing
import StubGateway
import Testing

/// Runs an agent that is a shell script.
func runAgent(
    _ script: String, limit: Duration = .seconds(60), job: LeasedJobMessage? = nil, client: GatewayClient = GatewayClient(socket: "/nowhere")
) async throws -> LeaseLoop.Outcome {
    let agent = Agent(AgentSettings(command: ["/bin/sh", "-c", script], limit: limit))
    return try await agent.work(client, try job ?? Samples.job("hello"))
}

extension LeaseLoop.Outcome {
    var done: DoneRequest? { if case .done(let request) = self { request } else { nil } }
    var failed: FailedRequest? { if case .failed(let request) = self { request } else { nil } }
}

/// A folder that is removed at the end.
final class Folder: Sendable {
    let path: String

    init() throws {
        // Short: a socket's path has at most 107 bytes.
        path = "/tmp/ew-" + String(UUID().uuidString.prefix(8))
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    func path(of name: String) -> String { path + "/" + name }
}
