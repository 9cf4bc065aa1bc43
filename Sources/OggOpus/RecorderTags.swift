internal import Bytes

/// The three comments of a recorder card (Recorder Card Profile, Recording object).
package struct RecorderTags: Hashable, Sendable {
    package let serial: String
    package let generation: UInt32
    package let number: UInt32
    /// RFC 3339 with the offset of SET_TIME; nil while the card's clock was not set.
    package let started: String?

    package init(serial: String, generation: UInt32, number: UInt32, started: String?) {
        self.serial = serial
        self.generation = generation
        self.number = number
        self.started = started
    }

    /// The comment header that says this, with the encoder's name.
    package func tags(vendor: String) -> OpusTags {
        let hex = String(generation, radix: 16)
        let recording = String(repeating: "0", count: 8 - hex.count) + hex + "-\(number)"
        let comments = [("EARSHOT_SERIAL", serial), ("EARSHOT_RECORDING", recording)] + (started.map { [("EARSHOT_STARTED", $0)] } ?? [])
        return OpusTags(
            vendor: ForeignText(vendor), comments: comments.map { OpusTags.Comment(name: ForeignText($0.0), value: ForeignText($0.1)) })
    }

    /// nil when the stream is not a recorder card's, or says it wrongly.
    package init?(_ tags: OpusTags) {
        guard let serial = tags.value(of: "EARSHOT_SERIAL"), let recording = tags.value(of: "EARSHOT_RECORDING") else { return nil }
        let parts = recording.raw.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count == 2, parts[0].utf8.count == 8, parts.allSatisfy({ $0.first != "+" }),
            let generation = UInt32(parts[0], radix: 16), let number = UInt32(parts[1])
        else { return nil }
        self.init(serial: serial.raw, generation: generation, number: number, started: tags.value(of: "EARSHOT_STARTED")?.raw)
    }
}
