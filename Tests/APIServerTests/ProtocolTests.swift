import APIClient
import APIServer
import Foundation
import GATT
import GatewayAPI
import GatewayTestSupport
import Ledger
import Logging
import Radio
import Recordings
import ServiceLifecycle
import Testing

/// What is not a proper request, and how the server ends.
@Suite(.timeLimit(.minutes(10))) struct ProtocolTests {
    /// NIO ends the process when a connection is dropped that nobody has served.
    @Test func whoComesWhileItEndsIsHungUpOn() async throws {
        for _ in 0..<20 {
            try await GatewayWorld.run { world in
                let door = world.socket(.control)
                // Nobody waits for them: they cross the end of the server.
                for _ in 0..<4 { Task { for _ in 0..<100 { await RawHTTP.knock(door) } } }
                await RawHTTP.knock(door)
            }
        }
    }

    @Test func everyRouteHasAHandler() async throws {
        try await GatewayWorld.run { world in
            for route in Routes.all where route != Routes.activity && route != Routes.events {
                do {
                    _ = try await world.control.raw(route, RightsTests.path(route))
                } catch let error as APIError {
                    #expect(error.problem?.detail != "There is nothing at this path.", "\(route)")
                    #expect(error.problem?.code.known != .methodNotAllowed, "\(route)")
                }
            }
        }
    }

    @Test(arguments: [
        ("GET /v2/cards", 404), ("GET /", 404), ("GET /v1/cards/", 404), ("GET /v1/cards/%zz", 404), ("GET //v1/cards", 404),
        ("DELETE /v1/status", 405), ("HEAD /v1/status", 405), ("GET /v1/recordings/..%2F..%2Fetc%2Fpasswd", 400),
        ("GET /v1/status?a=%zz", 400), ("GET /v1/status?a=1&a=2", 400), ("GET /v1/events?after=-1", 400),
    ])
    func whatIsNotServedIsAProblem(line: String, status: Int) async throws {
        try await GatewayWorld.run { world in
            let answer = try await RawHTTP.ask(world.socket(.control), line + " HTTP/1.1\r\nHost: x\r\n")
            #expect(answer.status == status)
            #expect(answer.headers["content-type"] == "application/problem+json")
            #expect(answer.headers["date"]?.wholeMatch(of: /[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} 20\d\d \d\d:\d\d:\d\d GMT/) != nil)
            if status == 405 { #expect(answer.headers["allow"] == "GET") }
        }
    }

    @Test(arguments: [
        "nonsense\r\n\r\n", "BREW / HTTP/1.1\r\n\r\n", "GET / HTTP/9\r\n\r\n", "POST /v1/holders HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
    ])
    func whatIsNotHTTPEndsTheConnection(text: String) async throws {
        try await GatewayWorld.run { world in
            let answer = try await RawHTTP.exchange(world.socket(.control), Array(text.utf8))
            #expect(answer.isEmpty || String(decoding: answer.prefix(12), as: UTF8.self) == "HTTP/1.1 400")
            #expect(try await world.reader.status().name == "hq", "and the server lives on")
        }
    }

    @Test func oneUserDoesNotTakeAllConnectionsOfTheAgents() async throws {
        try await GatewayWorld.run { world in
            let request = "GET /v1/status HTTP/1.1\r\nHost: x\r\n"
            let agents = world.socket(.agents)
            try await RawHTTP.holding(64, agents, request) {
                let refused = try await RawHTTP.ask(agents, request)
                #expect(refused.status == 429)
                let problem = try APIJSON.decode(Problem.self, from: refused.body)
                #expect(problem.code.known == .busy && problem.detail.contains("64 connections"), "\(problem)")
                #expect(try await world.reader.status().name == "hq", "who comes by another door is served")
            }
            // Once the server has seen them go there is room again.
            while try await RawHTTP.ask(agents, request).status == 429 { await Task.yield() }
            #expect(try await RawHTTP.ask(agents, request).status == 401)
        }
    }

    @Test func aCallerThatTakesNothingIsHungUpOn() async throws {
        try await GatewayWorld.run(stall: .milliseconds(200)) { world in
            try await world.store(1, sample(8 << 20))
            try await RawHTTP.stall(world.socket(.control), "GET /v1/recordings/anna%2F1/audio HTTP/1.1\r\nHost: x\r\n")
            try await RawHTTP.stall(world.socket(.control), "POST /v1/holders HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{")
        }
    }

    @Test func aBodyHasALimit() async throws {
        try await GatewayWorld.run { world in
            let body = [UInt8](repeating: 0x20, count: (16 << 20) + 1)
            let answer = try await RawHTTP.ask(
                world.socket(.control), "POST /v1/holders HTTP/1.1\r\nHost: x\r\nContent-Length: \(body.count)\r\n", body: body)
            #expect(answer.status == 413)
        }
    }

    @Test func aBodyOfAnotherTypeIsRefused() async throws {
        try await GatewayWorld.run { world in
            let answer = try await RawHTTP.ask(
                world.socket(.control), "POST /v1/holders HTTP/1.1\r\nHost: x\r\nContent-Type: text/csv\r\nContent-Length: 2\r\n", body: [0x7B, 0x7D])
            #expect(answer.status == 415)
        }
    }

    @Test func annotationsAreWrittenOnTopOfTheVersionThatWasRead() async throws {
        try await GatewayWorld.run { world in
            let recording = try await world.store(1, sample(10))
            func put(_ headers: [(String, String)]) async throws -> (status: Int, headers: [String: String], body: [UInt8]) {
                try await world.control.raw(
                    Routes.putAnnotation, Routes.putAnnotation.path(recording.id.description, "risk"), LeaseRequest(max: 1), headers: headers)
            }
            let first = try await put([("If-None-Match", "*")])
            #expect(first.status == 201)
            #expect(first.headers["etag"] == "\"1\"")
            await expectRefusal(.versionDiffers) { _ = try await put([("If-None-Match", "*")]) }
            #expect(try await put([("If-Match", "\"1\"")]).headers["etag"] == "\"2\"")
            await expectRefusal(.versionDiffers) { _ = try await put([("If-Match", "\"1\"")]) }
            await expectRefusal(.badRequest) { _ = try await put([("If-Match", "1")]) }
            #expect(try await put([]).status == 200)
            let newest = try await world.control.annotation("risk", of: "anna/1")
            #expect(newest.version == 3)
            #expect(newest.by == "uid:\(getuid())", "as the kernel says who connected")
        }
    }

    @Test func aStoppingServerEndsWaitsAndStreams() async throws {
        let (doors, ready) = AsyncStream.makeStream(of: Door.self)
        let world = try await GatewayWorld.make(remoteRecord: true) { ready.yield($0) }
        defer { try? FileManager.default.removeItem(atPath: world.folder) }
        let group = ServiceGroup(
            configuration: .init(services: [world.server], logger: Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })))
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await group.run() }
            var open: Set<Door> = []
            for await door in doors {
                open.insert(door)
                if open.count == 3 { break }
            }
            tasks.addTask {
                await expectRefusal(.stopping) { _ = try await world.control.lease("hello", LeaseRequest(wait: 60)) }
            }
            tasks.addTask {
                let start = try await world.control.events().after
                try await world.control.stream(EventMessage.self, Routes.events.path(), after: String(start)) { _, _ in true }
            }
            // What a card is asked to do that is far away.
            world.radio.reach.change { $0.isFar = true }
            tasks.addTask { await expectRefusal(.stopping) { _ = try await world.control.identify("anna", IdentifyRequest()) } }
            tasks.addTask {
                let route = Routes.cardRecord
                await expectRefusal(.stopping) { _ = try await world.control.raw(route, route.path("anna"), RecordRequest(action: "start")) }
            }
            while world.ledger.signals.waiting < 2 { await Task.yield() }
            try await world.radio.reach.when { $0.begun == 2 ? () : nil }
            await group.triggerGracefulShutdown()
            try await tasks.waitForAll()
        }
        let error = await #expect(throws: APIError.self) { try await world.control.status() }
        #expect(error?.code == .noGateway)
    }

    /// A process that was killed leaves the socket's file, and nobody who listens.
    @Test func aStaleSocketIsReplaced() async throws {
        let (doors, ready) = AsyncStream.makeStream(of: Door.self)
        let world = try await GatewayWorld.make { ready.yield($0) }
        defer { try? FileManager.default.removeItem(atPath: world.folder) }
        for run in 1...2 {
            if run == 2 {
                try FileManager.default.moveItem(atPath: world.folder + "/stale", toPath: world.socket(.control))
                let error = await #expect(throws: APIError.self) { try await world.control.status() }
                #expect(error?.code == .noGateway)
            }
            try await withThrowingTaskGroup(of: Void.self) { tasks in
                tasks.addTask { try await world.server.run() }
                var open: Set<Door> = []
                for await door in doors {
                    open.insert(door)
                    if open.count == 3 { break }
                }
                let status = try await world.control.status()
                #expect(status.cards == 1)
                if run == 1 { try FileManager.default.linkItem(atPath: world.socket(.control), toPath: world.folder + "/stale") }
                tasks.cancelAll()
                _ = try? await tasks.next()
            }
        }
    }
}
