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
