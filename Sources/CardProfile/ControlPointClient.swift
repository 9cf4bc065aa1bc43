/// The gateway's side of a Control Point, without I/O: one request at a time, its response found by tag.
///
/// The response may come before the write was answered. A caller that has none after `deadline` disconnects.
package struct ControlPointClient: ~Copyable {
    /// How long a card may take for a response (Control Point).
    package static let deadline: Duration = .seconds(10)

    private var lastTag: UInt8 = 0
    private var waiting: ControlOpcode?

    package init() {}

    /// Begins a request.
    ///
    /// - Returns: its tag, which is that of the transfer where it is a READ, and the value to write.
    /// - Throws: `busy` while another request waits for its response.
    package mutating func begin(_ request: ControlRequest) throws(ProfileError) -> (tag: UInt8, value: [UInt8]) {
        guard waiting == nil else { throw ProfileError(.busy, "A request to the card's Control Point waits for its response.") }
        lastTag &+= 1
        waiting = request.opcode
        return (lastTag, request.bytes(tag: lastTag))
    }

    /// The write was refused, so no response will come.
    package mutating func refused() { waiting = nil }

    /// An indication came.
    ///
    /// - Returns: the response that is waited for; nil for one that nobody waits for, which is ignored.
    /// - Throws: `malformed`; `outOfOrder` when the tag is right and the opcode is not.
    package mutating func received(_ value: ArraySlice<UInt8>) throws(ProfileError) -> ControlResponse? {
        let response = try ControlResponse(value)
        guard let expected = waiting, response.tag == lastTag else { return nil }
        guard response.opcode == expected.rawValue else {
            throw ProfileError(.outOfOrder, "The card answers opcode \(response.opcode) where \(expected.rawValue) was asked.")
        }
        waiting = nil
        return response
    }
}
