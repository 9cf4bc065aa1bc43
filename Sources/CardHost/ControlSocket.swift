internal import EventLoop
internal import GATT

/// The line-JSON socket of a running `simulate` or `serve`: one order a line, one answer a line, in order, for each caller.
package enum ControlSocket {
    /// An order with some hundred file names.
    package static let longestOrder = 64 << 10
    /// A list of some thousand recordings.
    package static let longestAnswer = 4 << 20
    /// Callers at a time; more wait to be accepted.
    private static let callers = 16
    /// Ends a hang only: encoding hours of speech on a slow machine takes minutes.
    private static let patience: Duration = .seconds(600)

    package static func path(in folder: String) -> String { folder + "/control.sock" }

    /// Serves until the task is cancelled.
    package static func serve(_ listener: StreamChannel, _ perform: @escaping @Sendable (CardOrder) async throws -> CardAnswer) async throws {
        let open = WaitableState(0)
        try await withThrowingDiscardingTaskGroup { group in
            while true {
                try await open.when { count -> Void? in
                    guard count < callers else { return nil }
                    count += 1
                    return ()
                }
                let caller = try await listener.accept()
                group.addTask {
                    defer { open.change { $0 -= 1 } }
                    // A caller that goes away or sends too much costs its own connection.
                    try? await answer(caller, perform)
                }
            }
        }
    }

    private static func answer(_ caller: StreamChannel, _ perform: @Sendable (CardOrder) async throws -> CardAnswer) async throws {
        while let line = try await caller.line(limit: longestOrder) {
            var reply = CardReply()
            do {
                let order: CardOrder
                do {
                    order = try HostJSON.read(CardOrder.self, from: line)
                } catch {
                    throw HostError(.badRequest, "This is not an order for a card: \(error)")
                }
                reply.ok = try await perform(order)
            } catch let error as HostError {
                reply.error = error
            } catch {
                try Task.checkCancellation()
                reply.error = HostError(.refused, "\(error)")
            }
            try await caller.send(HostJSON.line(reply))
        }
    }

    /// Hands one order to the cards that run with the folder.
    package static func ask(_ order: CardOrder, folder: String) async throws -> CardAnswer {
        let loop = try EventLoopThread(name: "control")
        let channel: StreamChannel
        do {
            channel = try StreamChannel.connect(to: path(in: folder), loop: loop)
        } catch let error as SystemError {
            throw HostError(
                .notRunning, "No earshot-card runs with \(folder) (\(error)). Start one with simulate or serve, or name its folder with --state.")
        }
        let reply = try await withDeadline(patience, clock: ContinuousClock()) {
            try await channel.send(HostJSON.line(order))
            return try await channel.line(limit: longestAnswer).map { try HostJSON.read(CardReply.self, from: $0) }
        }
        guard let reply else { throw HostError(.timedOut, "The cards did not answer within \(patience).") }
        if let error = reply?.error { throw error }
        guard let answer = reply?.ok else { throw HostError(.notRunning, "earshot-card ended before it answered.") }
        return answer
    }
}
