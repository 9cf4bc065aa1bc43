import APIClient
import GatewayAPI
import GatewayTestSupport
import Recordings
import Testing

/// What a client makes of servers that are not there, rude, slow or gone.
@Suite(.timeLimit(.minutes(10))) struct GatewayClientTests {
    static let head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"

    @Test(arguments: ["/nowhere/api.sock", "/tmp", "/" + String(repeating: "x", count: 200)])
    func whereNothingListensThereIsNoGateway(socket: String) async {
        let error = await #expect(throws: APIError.self) { try await GatewayClient(socket: socket).status() }
        #expect(error?.code == .noGateway)
        #expect(error?.detail.contains(socket) == true)
    }

    @Test(arguments: [
        ("", APIError.Code.connectionLost), ("nonsense\r\n\r\n", .connectionLost), (head + "Content-Length: 100\r\n\r\n{\"a\":", .connectionLost),
        (head + "Transfer-Encoding: chunked\r\n\r\n5\r\n{\"a\":\r\n", .connectionLost), (head + "Content-Length: 2\r\n\r\n{}", .notUnderstood),
        (head + "Content-Length: 4\r\n\r\n\u{7}abc", .notUnderstood),
        ("HTTP/1.1 500 Oh\r\nContent-Length: 4\r\n\r\nhtml", .notUnderstood), ("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n", .notUnderstood),
    ])
    func anAnswerThatIsNoneIsAnError(text: String, code: APIError.Code) async throws {
        try await RudeServer.run(.says(text)) { socket, _ in
            let error = await #expect(throws: APIError.self) { try await GatewayClient(socket: socket).status() }
            #expect(error?.code == code, "\(String(describing: error))")
        }
    }

    /// A full disk where an audio file goes to is no lost connection.
    @Test func whoReadsAnAnswerKeepsHisOwnError() async throws {
        struct DiskFull: Error {}
        try await RudeServer.run(.says(Self.head + "Content-Length: 2\r\n\r\n{}")) { socket, _ in
            _ = await #expect(throws: DiskFull.self) {
                try await GatewayClient(socket: socket).audio(of: "anna/1") { _, _ -> Bool in throw DiskFull() }
            }
        }
    }

    @Test func aRequestThatIsNotAnsweredEndsWithItsDeadline() async throws {
        try await RudeServer.run(.fallsSilent("")) { socket, gone in
            let error = await #expect(throws: APIError.self) {
                let _: StatusMessage = try await GatewayClient(socket: socket).get("/v1/status", patience: .total(.milliseconds(50)))
            }
            #expect(error?.code == .timedOut)
            for await _ in gone { break }
        }
    }

    @Test func aStreamThatFallsSilentEnds() async throws {
        try await RudeServer.run(.fallsSilent(Self.head + "Transfer-Encoding: chunked\r\n\r\n")) { socket, gone in
            let error = await #expect(throws: APIError.self) {
                let _: StatusMessage = try await GatewayClient(socket: socket).get("/v1/status", patience: .idle(.milliseconds(50)))
            }
            #expect(error?.code == .timedOut)
            for await _ in gone { break }
        }
    }

    @Test func aCancelledRequestHangsUp() async throws {
        try await RudeServer.run(.fallsSilent(Self.head)) { socket, gone in
            let asked = Task { try await GatewayClient(socket: socket).status() }
            asked.cancel()
            await #expect(throws: (any Error).self) { try await asked.value }
            // Whether it had connected or not, nothing is left open.
            let second = Task { try await GatewayClient(socket: socket).activity { _ in true } }
            let waiting = Task { for await _ in gone { break } }
            second.cancel()
            _ = await second.result
            waiting.cancel()
            await waiting.value
        }
    }

    @Test func anUploadThatIsRefusedEarlyTellsWhy() async throws {
        try await GatewayWorld.run { world in
            let problem = await expectRefusal(.notFound) {
                _ = try await world.control.putArtifact(
                    "a.wav", of: .make(at: UTCTime(milliseconds: 1)), lease: "ls_1", size: 64 << 20, sha256: try digest([1]), type: "audio/wav"
                ) { writer in
                    for _ in 1...1024 { try await writer.write([UInt8](repeating: 1, count: 64 << 10)) }
                }
            }
            #expect(problem?.detail.contains("job_") == true)
        }
    }
}
