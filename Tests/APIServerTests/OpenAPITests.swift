import APIClient
import APIServer
import Foundation
import GATT
import GatewayAPI
import GatewayTestSupport
import Ledger
import Radio
import Recordings
import Subprocess
import Synchronization
import SystemPackage
import Testing

/// The API's description: complete, the one that is checked in, and true.
@Suite(.timeLimit(.minutes(10))) struct OpenAPITests {
    private static let file = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent().appending(
        path: "docs/openapi.json")

    @Test func everyRouteIsDescribedOnce() {
        #expect(OpenAPI.routes.count == Set(OpenAPI.routes).count)
        #expect(Set(OpenAPI.routes) == Set(Routes.all))
    }

    /// With EARSHOT_WRITE=1 it writes the file.
    @Test func theFileInDocsIsWhatIsServed() async throws {
        if ProcessInfo.processInfo.environment["EARSHOT_WRITE"] == "1" { try Data(OpenAPI.text.utf8).write(to: Self.file) }
        let text = try String(contentsOf: Self.file, encoding: .utf8)
        #expect(text == OpenAPI.text, "Write it anew: EARSHOT_WRITE=1 swift test --filter OpenAPITests")
        try await GatewayWorld.run { world in
            let served = try await world.reader.raw(Routes.openAPI, Routes.openAPI.path())
            #expect(String(decoding: served.body, as: UTF8.self) == text)
        }
    }

    /// Calls every route where it has something to say, and holds the answer against the description. A route that nobody calls here fails.
    @Test func everyAnswerIsAsDescribed() async throws {
        try await GatewayWorld.run { world in
            let calls = RecordedCalls(world)
            try await Self.callEverything(world, calls)
            let findings = calls.findings.all
            #expect(findings.isEmpty, "\(findings.joined(separator: "\n"))")
            let missing = Set(Routes.all).subtracting(calls.done.all)
            #expect(missing.isEmpty, "nobody calls \(missing)")
        }
    }

    @Test func everyRefusalIsAsDescribed() async throws {
        try await GatewayWorld.run { world in
            let check = SchemaCheck(OpenAPI.document)
            for route in Routes.all {
                for (socket, fields) in [
                    (world.controlSocket, ""), (world.socket(.read), ""), (world.socket(.agents), ""),
                    (world.socket(.agents), "Authorization: Bearer \(GatewayWorld.readerSecret)\r\n"),
                ] {
                    let request =
                        "\(route.method.rawValue) \(RightsTests.path(route))?nonsense=1 HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\(fields)"
                    let answer = try await RawHTTP.ask(socket, request, body: Array("{".utf8))
                    let type = answer.headers["content-type"].map { String($0.prefix { $0 != ";" }) }
                    if answer.status >= 400 { #expect(answer.status < 500, "\(route) \(answer.status)") }
                    let findings = check.findings(route, status: answer.status, type: type, body: answer.body)
                    #expect(findings.isEmpty, "\(findings)")
                }
            }
        }
    }

    private static let python = file.deletingLastPathComponent().deletingLastPathComponent().appending(path: ".build/python/bin/python").path
    private static var hasSchemathesis: Bool {
        FileManager.default.isExecutableFile(atPath: URL(filePath: python).deletingLastPathComponent().appending(path: "schemathesis").path)
    }

    /// Requests drawn from the description, sensible and not. 5xx that say what is the matter, as a card out of reach, are none of ours here: the
    /// scripted radio answers.
    @Test(.enabled(if: hasSchemathesis, "schemathesis is not installed: Scripts/test installs it")) func schemathesisFindsNoServerError() async throws
    {
        try await GatewayWorld.run { world in
            try await world.store(1, sample(2000))
            try await world.press(1...3)
            let script = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "schemathesis_peer.py").path
            let run = try await Subprocess.run(
                .path(FilePath(Self.python)), arguments: [script, world.controlSocket, Self.file.path, "10", "300"], input: .none,
                output: .string(limit: 8 << 20), error: .string(limit: 8 << 20))
            #expect(run.terminationStatus.isSuccess, "\(run.standardOutput.suffix(4000))\(run.standardError.suffix(2000))")
            // The gateway is as well as before.
            _ = try await world.control.status()
        }
    }

    private static func callEverything(_ world: GatewayWorld, _ calls: RecordedCalls) async throws {
        let stored = try await world.store(1, sample(2000))
        try await world.store(2, sample(500))
        try await world.press(1...2)
        for route in [
            Routes.health, Routes.metrics, Routes.openAPI, Routes.status, Routes.configuration, Routes.reloadConfiguration, Routes.cards,
            Routes.holders,
            Routes.recordings, Routes.deliveries, Routes.audit, Routes.auditExceptions, Routes.receipts, Routes.events, Routes.queues, Routes.jobs,
        ] { try await calls.call(route) }
        try await calls.call(Routes.addHolder, body: HolderRequest(id: "anna@example.com", name: "Anna", groups: ["sales"]))
        try await calls.call(Routes.assignCard, "anna", body: AssignCardRequest(holder: "anna@example.com", from: UTCTime(milliseconds: 1)))
        try await calls.call(Routes.putHolder, "anna@example.com", body: PutHolderRequest(name: "Anna", groups: ["sales"]))
        try await calls.call(Routes.owner)
        try await calls.call(Routes.ownerKey)
        try await calls.call(Routes.rotateOwner)
        let key = try await world.control.ownerKey()
        try await calls.call(Routes.importOwner, body: OwnerKeyRequest(key: key.key))
        try await calls.call(Routes.card, "anna")
        try await calls.call(Routes.cardScreen, "anna", body: ScreenRequest(text: "On it"))
        try await calls.call(Routes.cardIdentify, "anna", body: IdentifyRequest())
        try await calls.call(Routes.cardRecord, "anna", body: RecordRequest(action: "mark"))
        try await calls.call(Routes.renameCard, "anna", body: RenameCardRequest(name: "anne"))
        for route in [Routes.recording, Routes.audio, Routes.why, Routes.receipt] { try await calls.call(route, stored.id.description) }
        try await calls.call(Routes.audio, stored.id.description, query: "?format=wav")
        try await calls.call(Routes.audio, stored.id.description, fields: "Range: bytes=0-99\r\n")
        try await calls.call(Routes.putAnnotation, stored.id.description, "risk", body: HolderRequest(id: "x", name: "y"))
        try await calls.call(Routes.annotation, stored.id.description, "risk")
        try await work(world, calls)
        try await imports(world, calls)
        try await calls.call(Routes.recordings)
        try await calls.call(Routes.accesses)
        try await calls.call(Routes.audit)
        try await pairing(world, calls)
        try await calls.call(Routes.forgetCard, "anne")
        try await calls.listen(Routes.activity) {
            world.activity.publish(Activity(card: nil, at: UTCTime(milliseconds: 1), what: .adapter(state: "scanning")))
        }
    }

    private static func work(_ world: GatewayWorld, _ calls: RecordedCalls) async throws {
        try await calls.call(Routes.lease, "nothing", body: LeaseRequest())
        try await calls.call(Routes.lease, "hello", body: LeaseRequest())
        let hello = try #require(try await world.control.lease("hello", LeaseRequest()).first)
        try await calls.call(Routes.failJob, hello.id.description, body: FailedRequest(lease: hello.lease.token, reason: "no", retry: false))
        try await calls.call(Routes.retryJob, hello.id.description)
        let job = try #require(try await world.control.lease("decode", LeaseRequest()).first)
        try await calls.call(Routes.job, job.id.description)
        try await calls.call(Routes.extendJob, job.id.description, body: ExtendRequest(lease: job.lease.token, forSeconds: 60))
        let bytes = sample(100)
        let fields = "Lease: \(job.lease.token)\r\nContent-Digest: \(ContentDigest.field(try digest(bytes)))\r\n"
        try await calls.call(Routes.putArtifact, job.id.description, "audio.wav", fields: fields, bytes: bytes)
        let claim = ArtifactClaimMessage(sha256: try digest(bytes), size: 100, type: "audio/wav")
        try await calls.call(
            Routes.finishJob, job.id.description,
            body: DoneRequest(
                lease: job.lease.token, annotations: ["tasks": .array([])], screen: ScreenRequest(text: "Noted"),
                jobs: [FollowUpRequest(queue: "later")], artifacts: ["audio.wav": claim]))
        try await calls.call(Routes.artifact, job.recording?.id.description ?? "", "audio.wav")
    }

    private static func imports(_ world: GatewayWorld, _ calls: RecordedCalls) async throws {
        let (opus, flac) = (opusFile(5000), Array("fLaC".utf8) + sample(300))
        for bytes in [opus, opus, flac] {
            try await calls.call(
                Routes.importRecording, query: "?file=meeting&started=2026-11-23T09:14:01Z&started_from=name&kind=call&holder=anna@example.com",
                fields: "Content-Digest: \(ContentDigest.field(try digest(bytes)))\r\n", bytes: bytes)
        }
        try await calls.call(Routes.findImport, try digest(opus).description)
        for name in ["import/1", "import/2"] {
            for route in [Routes.recording, Routes.audio, Routes.why, Routes.receipt] { try await calls.call(route, name) }
        }
        try await calls.call(Routes.recordings, query: "?card=import&holder=anna@example.com")
        try await calls.call(Routes.audit, query: "?card=import")
    }

    private static func pairing(_ world: GatewayWorld, _ calls: RecordedCalls) async throws {
        world.radio.state.withLock {
            $0.events = [
                .found(address: .init(1, kind: .public), name: nil, rssi: -40), .question(.confirm(123)),
                .failed(reason: "The card left.", fix: "Bring it back."),
            ]
        }
        try await calls.call(Routes.pair, body: PairRequest(name: "ben"))
        let id = try #require(world.radio.state.withLock { $0.pairing }).description
        try await calls.call(Routes.pairingEvents, id)
        try await calls.call(Routes.pairingAnswer, id, body: PairingAnswerRequest(answer: "yes"))
        try await calls.call(Routes.cancelPairing, id)
    }
}

/// Calls of a world's control socket, each held against the description.
private struct RecordedCalls {
    let world: GatewayWorld
    let done = Collected<Route>()
    let findings = Collected<String>()
    private let check = SchemaCheck(OpenAPI.document)

    init(_ world: GatewayWorld) { self.world = world }

    func call(
        _ route: Route, _ arguments: String..., query: String = "", body: (any RequestBody)? = nil, fields: String = "", bytes: [UInt8]? = nil
    ) async throws {
        let content = try bytes ?? body.map { try APIJSON.encode($0) } ?? []
        var request = "\(route.method.rawValue) \(path(route, arguments))\(query) HTTP/1.1\r\nHost: x\r\n\(fields)"
        if !content.isEmpty { request += "Content-Length: \(content.count)\r\n" }
        let answer = try await RawHTTP.ask(world.controlSocket, request, body: content)
        #expect(answer.status < 400, "\(route): \(String(decoding: answer.body, as: UTF8.self))")
        note(route, answer)
    }

    /// Opens a stream, has something happen until it says so, and closes it.
    func listen(_ route: Route, _ happen: @escaping @Sendable () -> Void) async throws {
        let heard = Collected<ActivityMessage>()
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                try await world.control.stream(ActivityMessage.self, route.path()) { activity, _ in heard.add(activity) < 1 }
            }
            group.addTask {
                // Who listens too late has missed it: it is said until somebody heard.
                while heard.all.isEmpty {
                    happen()
                    await Task.yield()
                    try Task.checkCancellation()
                }
            }
            try await group.next()
            group.cancelAll()
        }
        done.add(route)
        let text = try heard.all.map { "data: " + String(decoding: try APIJSON.encode($0), as: UTF8.self) + "\n\n" }.joined()
        for finding in check.findings(route, status: 200, type: "text/event-stream", body: Array(text.utf8)) { findings.add(finding) }
    }

    private func note(_ route: Route, _ answer: RawHTTP.Answer) {
        done.add(route)
        let type = answer.headers["content-type"].map { String($0.prefix { $0 != ";" }) }
        for finding in check.findings(route, status: answer.status, type: type, body: plain(answer)) { findings.add(finding) }
    }

    /// The body without HTTP's chunks.
    private func plain(_ answer: RawHTTP.Answer) -> [UInt8] {
        guard answer.headers["transfer-encoding"] == "chunked" else { return answer.body }
        var (rest, body) = (answer.body[...], [UInt8]())
        while let end = rest.firstIndex(of: 0x0D), let size = Int(String(decoding: rest[..<end], as: UTF8.self), radix: 16), size > 0 {
            let start = end + 2
            body += rest[start..<min(rest.endIndex, start + size)]
            rest = rest.dropFirst(start - rest.startIndex + size + 2)
        }
        return body
    }

    private func path(_ route: Route, _ arguments: [String]) -> String {
        var rest = arguments[...]
        return route.template.split(separator: "/", omittingEmptySubsequences: false).map {
            $0.hasPrefix("{") ? PercentEncoding.encode(rest.popFirst() ?? "") : String($0)
        }.joined(separator: "/")
    }
}
