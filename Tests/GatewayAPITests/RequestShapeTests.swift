import GatewayAPI
import Recordings
import Testing

/// A misspelt field is refused and named; the fields a request writes are those it may have.
@Suite struct RequestShapeTests {
    static let digest = SHA256Digest([UInt8](repeating: 7, count: 32))

    static func requests() throws -> [any RequestBody] {
        let digest = try #require(digest)
        let recording = RecordingID.make(at: UTCTime(milliseconds: 1_000))
        return [
            RenameCardRequest(name: "anna"), HolderRequest(id: "anna@example.com", name: "Anna", groups: ["sales"]),
            AssignCardRequest(holder: "anna@example.com", from: UTCTime(milliseconds: 0)),
            ScreenRequest(text: "On it", style: "alert", forSeconds: 30), IdentifyRequest(forSeconds: 3), RecordRequest(action: "start"),
            PairRequest(name: "anna", device: "Card-7C21", allowUnauthenticated: false, windowSeconds: 30),
            PairingAnswerRequest(passkey: "012345", answer: "yes"),
            LeaseRequest(max: 2, wait: 30, forSeconds: 60, worker: "w"), ExtendRequest(lease: "ls_1", forSeconds: 60),
            FailedRequest(lease: "ls_1", reason: "no", retry: true, afterSeconds: 5),
            DoneRequest(
                lease: "ls_1", annotations: ["tasks": .object(["items": .array([.integer(1), .number(0.5)])])],
                screen: ScreenRequest(text: "Noted", style: nil, forSeconds: 1),
                jobs: [FollowUpRequest(queue: "calendar", recording: recording, priority: "urgent", data: .bool(true))],
                artifacts: ["audio.wav": ArtifactClaimMessage(sha256: digest, size: 5, type: "audio/wav")],
                delivery: DeliveryClaimMessage(destination: "archive", object: "a/b", sha256: digest, size: 5),
                usage: .object(["model": .string("m")])),
        ]
    }

    @Test func whatIsWrittenIsRead() throws {
        for request in try Self.requests() {
            func check<Request: RequestBody>(_ request: Request) throws {
                #expect(try APIJSON.decodeRequest(Request.self, from: APIJSON.encode(request)) == request)
            }
            try check(request)
        }
    }

    @Test func anUnknownFieldIsRefusedAtTheTop() throws {
        for request in try Self.requests() {
            func check<Request: RequestBody>(_ request: Request) throws {
                guard case .object(var members) = try APIJSON.decode(JSONValue.self, from: APIJSON.encode(request)) else {
                    Issue.record("\(Request.self) is no object")
                    return
                }
                members["zz_more"] = .integer(1)
                let bytes = try APIJSON.encode(JSONValue.object(members))
                let refusal = #expect(throws: RequestRefusal.self) { try APIJSON.decodeRequest(Request.self, from: bytes) }
                #expect(refusal?.problem.code.known == .unknownField)
                #expect(refusal?.problem.detail.contains("zz_more") == true)
            }
            try check(request)
        }
    }

    @Test(arguments: [
        (#"{"lease":"l","screen":{"text":"a","colour":"red"}}"#, "screen.colour"),
        (#"{"lease":"l","jobs":[{"queue":"q"},{"queue":"q","when":1}]}"#, "jobs.1.when"),
        (#"{"lease":"l","artifacts":{"a.wav":{"sha":"x"}}}"#, "artifacts.a.wav.sha"),
        (#"{"lease":"l","delivery":{"bucket":"x"}}"#, "delivery.bucket"),
    ])
    func anUnknownFieldIsRefusedInside(body: String, path: String) {
        let refusal = #expect(throws: RequestRefusal.self) { try APIJSON.decodeRequest(DoneRequest.self, from: Array(body.utf8)) }
        #expect(refusal?.problem.detail == "There is no field \(path) here.")
    }

    @Test func whatIsTheCallersOwnMayHaveAnyField() throws {
        let body = #"{"lease":"l","annotations":{"tasks":{"whatever":[{"deep":null}]}},"usage":{"cost":"1 EUR"}}"#
        let request = try APIJSON.decodeRequest(DoneRequest.self, from: Array(body.utf8))
        #expect(request.annotations?["tasks"]?["whatever"] == .array([.object(["deep": .null])]))
    }

    @Test(arguments: ["", "[]", "nonsense", "{\"lease\":1}", "{\"reason\":\"x\"}", "\u{0}", "{\"lease\":\"l\",\"reason\":\"r\",\"retry\":\"yes\"}"])
    func whatIsNoRequestIsABadRequest(body: String) {
        let refusal = #expect(throws: RequestRefusal.self) { try APIJSON.decodeRequest(FailedRequest.self, from: Array(body.utf8)) }
        #expect(refusal?.problem.code.known == .badRequest)
        #expect(refusal?.problem.detail.isEmpty == false)
    }

    @Test func nestingWithoutEndIsABadRequest() {
        let deep = "{\"lease\":\"l\",\"usage\":" + String(repeating: "[", count: 20_000) + String(repeating: "]", count: 20_000) + "}"
        let refusal = #expect(throws: RequestRefusal.self) { try APIJSON.decodeRequest(DoneRequest.self, from: Array(deep.utf8)) }
        #expect(refusal?.problem.code.known == .badRequest)
    }

    @Test func theCallersOwnTextComesBackWithoutControlCharacters() {
        let body = "{\"le\\u001b[31mase\":1}"
        let refusal = #expect(throws: RequestRefusal.self) { try APIJSON.decodeRequest(FailedRequest.self, from: Array(body.utf8)) }
        #expect(refusal?.problem.detail.unicodeScalars.contains { $0.value < 0x20 } == false)
    }
}
