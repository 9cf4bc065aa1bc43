internal import APIClient
package import GatewayAPI
package import Testing

/// Expects the gateway to refuse with this code; hands over the problem for more to be said about it.
@discardableResult
package func expectRefusal(
    _ code: ProblemCode, sourceLocation: SourceLocation = #_sourceLocation, _ body: () async throws -> Void
) async -> Problem? {
    let error = await #expect(throws: APIError.self, sourceLocation: sourceLocation) { try await body() }
    #expect(error?.problem?.code.known == code, "\(String(describing: error))", sourceLocation: sourceLocation)
    if let problem = error?.problem {
        #expect(problem.status == code.status && !problem.detail.isEmpty && !problem.fix.isEmpty, sourceLocation: sourceLocation)
    }
    return error?.problem
}
