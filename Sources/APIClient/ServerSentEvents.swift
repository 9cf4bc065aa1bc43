/// Reads `text/event-stream` (WHATWG HTML, 9.2) from pieces of any size, with bounded memory.
package struct ServerSentEvents: Sendable {
    /// One event.
    package struct Event: Hashable, Sendable {
        /// The last `id:` seen, also of earlier events.
        package let id: String?
        package let name: String?
        package let data: String

        package init(id: String?, name: String?, data: String) {
            self.id = id
            self.name = name
            self.data = data
        }
    }

    /// The longest event that is read; more is an error.
    package static let limit = 4 << 20

    private var line: [UInt8] = []
    private var data: [UInt8] = []
    private var hasData = false
    private var name: String?
    private var id: String?
    private var lastWasReturn = false

    package init() {}

    /// Takes a piece and hands over the events that it completes.
    ///
    /// - Throws: `APIError.notUnderstood` when an event is longer than `limit`.
    package mutating func read(_ piece: some Sequence<UInt8>) throws -> [Event] {
        var events: [Event] = []
        for byte in piece {
            defer { lastWasReturn = byte == 0x0D }
            switch byte {
            case 0x0A where lastWasReturn: continue
            case 0x0A, 0x0D:
                if let event = endLine() { events.append(event) }
            default:
                line.append(byte)
                guard line.count + data.count <= Self.limit else {
                    throw APIError(.notUnderstood, "The gateway sent an event of more than \(Self.limit) bytes.")
                }
            }
        }
        return events
    }

    private mutating func endLine() -> Event? {
        defer { line.removeAll(keepingCapacity: true) }
        guard !line.isEmpty else {
            defer {
                data.removeAll(keepingCapacity: true)
                hasData = false
                name = nil
            }
            return hasData ? Event(id: id, name: name, data: String(decoding: data, as: UTF8.self)) : nil
        }
        let parts = line.split(separator: 0x3A, maxSplits: 1, omittingEmptySubsequences: false)
        var value = parts.count > 1 ? parts[1] : []
        if value.first == 0x20 { value = value.dropFirst() }
        switch String(decoding: parts[0], as: UTF8.self) {
        case "data":
            if hasData { data.append(0x0A) }
            data += value
            hasData = true
        case "event": name = String(decoding: value, as: UTF8.self)
        case "id": id = String(decoding: value, as: UTF8.self)
        default: break
        }
        return nil
    }
}
