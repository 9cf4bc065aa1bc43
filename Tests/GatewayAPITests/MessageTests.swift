import GatewayAPI
import Recordings
import Testing

@Suite struct MessageTests {
    @Test func anAnswerFromANewerGatewayIsRead() throws {
        let json = #"{"type":"t","title":"x","status":418,"code":"brewing","detail":"d","fix":"f","teapot":true}"#
        let problem = try APIJSON.decode(Problem.self, from: Array(json.utf8))
        #expect(problem.code.known == nil)
        #expect(problem.code.description == "brewing")
        #expect(problem.status == 418)
    }

    @Test func everyCodeHasAStatusOfTheErrors() {
        for code in ProblemCode.allCases {
            let problem = Problem(code, detail: "d", fix: "f")
            #expect((400...599).contains(problem.status))
            #expect(problem.type.hasSuffix(code.rawValue.replacing("_", with: "-")))
        }
    }

    @Test func anEventIsACloudEvent() throws {
        let event = EventMessage(
            id: .make(at: UTCTime(milliseconds: 5)), source: "/cards/x", type: "button.pressed", subject: nil, time: UTCTime(milliseconds: 5),
            sequence: 4711,
            data: .object(["button": .string("assistant")]))
        let json = try APIJSON.decode(JSONValue.self, from: APIJSON.encode(event))
        #expect(json["specversion"] == .string("1.0"))
        #expect(json["type"] == .string("earshot.button.pressed"))
        #expect(json["sequence"] == .string("00000000000000004711"))
        #expect(json["time"] == .string("1970-01-01T00:00:00.005Z"))
        #expect(event.position == 4711)
    }

    @Test func namesAreThoseOfTheDesign() throws {
        let lease = LeaseMessage(token: "ls_1", forSeconds: 120)
        #expect(String(decoding: try APIJSON.encode(lease), as: UTF8.self) == #"{"for_s":120,"token":"ls_1"}"#)
        let failed = FailedRequest(lease: "ls_1", reason: "r", retry: false, afterSeconds: 60)
        #expect(String(decoding: try APIJSON.encode(failed), as: UTF8.self) == #"{"after_s":60,"lease":"ls_1","reason":"r","retry":false}"#)
    }

    @Test func jsonThatIsSlowToDecodeIsRefused() throws {
        func nested(_ levels: Int) -> [UInt8] { Array((String(repeating: "[", count: levels) + String(repeating: "]", count: levels)).utf8) }
        func list(_ count: Int) -> [UInt8] { Array(("[" + Array(repeating: "0", count: count).joined(separator: ",") + "]").utf8) }
        for text in [nested(JSONBounds.levels), list(JSONBounds.values - 1), Array(#"["\"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[","\\"]"#.utf8)] {
            _ = try APIJSON.decodeAny(text)
        }
        let hidden = Array(#"["\\",\#(String(decoding: nested(40), as: UTF8.self))]"#.utf8)
        for (text, code) in [(nested(JSONBounds.levels + 1), .badRequest), (hidden, .badRequest), (list(JSONBounds.values), .tooLarge)]
            as [([UInt8], ProblemCode)]
        {
            #expect(throws: RequestRefusal.self) { try APIJSON.decodeAny(text) }
            let request = Array(#"{"lease":"ls_1","usage":"#.utf8) + text + Array("}".utf8)
            let refusal = #expect(throws: RequestRefusal.self) { try APIJSON.decodeRequest(DoneRequest.self, from: request) }
            #expect(refusal?.problem.code.known == code)
        }
        #expect(throws: RequestRefusal.self, "UTF-16") { try APIJSON.decodeAny([0x5B, 0, 0x30, 0, 0x5D, 0]) }
    }

    @Test(arguments: ["0", "-7", "9223372036854775807", "1.5", "true", "null", "\"a\\/b\"", "[1,[2]]", "{\"a\":{\"b\":[]}}"])
    func anyJSONIsKept(text: String) throws {
        let value = try APIJSON.decode(JSONValue.self, from: Array(text.utf8))
        #expect(try APIJSON.decode(JSONValue.self, from: APIJSON.encode(value)) == value)
    }
}
