/// One line of answer: either of the two.
struct CardReply: Codable, Sendable {
    var ok: CardAnswer?
    var error: HostError?
}
