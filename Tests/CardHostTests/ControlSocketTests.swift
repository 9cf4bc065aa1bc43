import CardHost
import EventLoop
import Foundation
import Testing

/// The line-JSON socket with whatever may come over it.
@Suite struct ControlSocketTests {
    /// Serves orders that are answered with their own recording; refuses `reboot`.
    private func served<R: Sendable>(_ body: @Sendable (String, EventLoopThread) async throws -> R) async throws -> R {
        try await withTemporaryFolder { folder in
            let loop = try EventLoopThread(name: "control")
            let listener = try StreamChannel.listen(at: ControlSocket.path(in: folder), loop: loop)
            return try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask {
                    try await ControlSocket.serve(listener) { order in
                        guard order.command != .reboot else { throw HostError(.refused, "Not now.") }
                        var answer = CardAnswer(card: order.card)
                        answer.recording = order.recording
                        return answer
                    }
                }
                defer { group.cancelAll() }
                return try await body(folder, loop)
            }
        }
    }

    private func code(_ body: () async throws -> Void) async -> HostError.Code? {
        do {
            try await body()
            return nil
        } catch {
            return (error as? HostError)?.code
        }
    }

    @Test func orderIsAnsweredAndRefusalIsAnError() async throws {
        try await served { folder, _ in
            var order = CardOrder(card: "anna", command: .delete)
            order.recording = 7
            let answer = try await ControlSocket.ask(order, folder: folder)
            #expect(answer.recording == 7)
            let refused = await code { _ = try await ControlSocket.ask(CardOrder(card: "anna", command: .reboot), folder: folder) }
            #expect(refused == .refused)
        }
    }

    @Test func nonsenseIsAnErrorAndTheNextLineCounts() async throws {
        try await served { folder, loop in
            let channel = try StreamChannel.connect(to: ControlSocket.path(in: folder), loop: loop)
            for line in ["", "{", "[]", #"{"card":"anna"}"#, #"{"card":"anna","command":"explode"}"#, "\u{0}\u{1F}"] {
                try await channel.send(Array((line + "\n").utf8))
                let reply = try #require(try await channel.line(limit: ControlSocket.longestAnswer))
                #expect(String(decoding: reply, as: UTF8.self).contains(#""code":"bad_request""#), "\(line)")
            }
            try await channel.send(Array(#"{"card":"anna","command":"list"}"#.utf8 + [0x0A]))
            let reply = try #require(try await channel.line(limit: ControlSocket.longestAnswer))
            #expect(String(decoding: reply, as: UTF8.self) == #"{"ok":{"card":"anna"}}"#)
        }
    }

    @Test func endlessLineCostsItsOwnConnectionOnly() async throws {
        try await served { folder, loop in
            let channel = try StreamChannel.connect(to: ControlSocket.path(in: folder), loop: loop)
            let flood = [UInt8](repeating: 0x20, count: 2 * ControlSocket.longestOrder)
            // The other side closes at some moment of it.
            _ = try? await channel.send(flood)
            let after = try? await channel.line(limit: ControlSocket.longestAnswer)
            #expect((after ?? nil) == nil)
            #expect(try await ControlSocket.ask(CardOrder(card: "anna", command: .list), folder: folder).card == "anna")
        }
    }

    @Test func oneProcessAFolder() async throws {
        try await served { folder, loop in
            let second = await code { _ = try StreamChannel.listen(at: ControlSocket.path(in: folder), loop: loop) }
            #expect(second == .alreadyRunning)
        }
        try await withTemporaryFolder { folder in
            let nobody = await code { _ = try await ControlSocket.ask(CardOrder(card: "anna", command: .list), folder: folder) }
            #expect(nobody == .notRunning)
            // What a killed process left behind is in nobody's way.
            let loop = try EventLoopThread(name: "control")
            _ = try StreamChannel.listen(at: ControlSocket.path(in: folder), loop: loop)
            _ = try StreamChannel.listen(at: ControlSocket.path(in: folder), loop: loop)
            let long = await code { _ = try StreamChannel.listen(at: folder + String(repeating: "/x", count: 60), loop: loop) }
            #expect(long == .file)
        }
    }

    @Test func exitStatusTellsFailedFromNotUnderstood() async throws {
        try await served { folder, _ in
            #expect(await EarshotCard.run(["anna", "list", "--state", folder]) == 0)
            #expect(await EarshotCard.run(["anna", "press", "assistant", "--double", "--json", "--state", folder]) == 0)
            #expect(await EarshotCard.run(["anna", "fault", "link-loss", "--after", "100", "--state", folder]) == 0)
            #expect(await EarshotCard.run(["anna", "reboot", "--state", folder]) == 1)
            #expect(await EarshotCard.run(["anna", "list", "--state", folder + "/nowhere"]) == 1)
            #expect(await EarshotCard.run(["anna", "dance", "--state", folder]) == 2)
            #expect(await EarshotCard.run(["anna", "press", "doorbell", "--state", folder]) == 2)
            #expect(await EarshotCard.run(["anna", "fault", "drop", "--count", "0", "--state", folder]) == 2)
            #expect(await EarshotCard.run(["Anna!", "list", "--state", folder]) == 2)
            #expect(await EarshotCard.run(["simulate", "anna", "--bus", "tcp:host=example.org", "--state", folder]) == 2)
        }
    }
}
