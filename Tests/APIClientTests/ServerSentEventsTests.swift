import APIClient
import Testing

@Suite struct ServerSentEventsTests {
    typealias Event = ServerSentEvents.Event

    static let text =
        ": still here\n\nid: 7\ndata: {\"a\":1}\n\nevent: x\r\ndata: one\r\ndata: two\r\n\r\ndata:\n\nid: 8\n\nretry: 5\ndata: last\n\ndata: cut"
    static let events = [
        Event(id: "7", name: nil, data: "{\"a\":1}"), Event(id: "7", name: "x", data: "one\ntwo"), Event(id: "7", name: nil, data: ""),
        Event(id: "8", name: nil, data: "last"),
    ]

    @Test func piecesOfEverySizeGiveTheSameEvents() throws {
        let bytes = Array(Self.text.utf8)
        for size in 1...bytes.count {
            var reader = ServerSentEvents()
            var events: [Event] = []
            for start in stride(from: 0, to: bytes.count, by: size) { events += try reader.read(bytes[start..<min(start + size, bytes.count)]) }
            #expect(events == Self.events, "pieces of \(size)")
        }
    }

    @Test func anEndlessEventIsRefused() throws {
        var reader = ServerSentEvents()
        let piece = [UInt8](repeating: 0x61, count: 1 << 20)
        for _ in 1...4 { _ = try reader.read(piece) }
        let error = #expect(throws: APIError.self) { try reader.read([0x61]) }
        #expect(error?.code == .notUnderstood)
    }
}
