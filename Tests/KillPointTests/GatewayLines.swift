import Logging
import Subprocess

/// What earshotd says on standard output: one line when it is ready, then nothing until it ends.
struct GatewayLines: Sendable {
    private let lines: SubprocessOutputSequence.StringSequence<UTF8>

    init(_ lines: SubprocessOutputSequence.StringSequence<UTF8>) { self.lines = lines }

    func untilReady() async throws {
        var iterator = lines.makeAsyncIterator()
        guard try await iterator.next() != nil else { throw LaneFailure(description: "earshotd ended before it was ready.") }
    }

    /// Returns when the process is gone, whoever ended it.
    func untilEnded() async throws { for try await _ in lines {} }
}

extension Logger {
    static let silent = Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })
}
