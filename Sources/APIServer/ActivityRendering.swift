internal import Bytes
internal import GatewayAPI
internal import Recordings

extension ActivityMessage {
    init(_ activity: Activity, cardName: String?) {
        let card = activity.card.map { CardReference(id: $0, name: cardName ?? "") }
        func message(
            _ what: String, recording: UInt32? = nil, offset: UInt64? = nil, size: UInt64? = nil, rssi: Int? = nil, reason: String? = nil,
            upTo: UInt32? = nil, count: Int? = nil, after: Double? = nil
        ) -> ActivityMessage {
            ActivityMessage(
                at: activity.at, card: card, what: what, recording: recording, offset: offset, size: size, rssi: rssi,
                reason: reason.map { ForeignText($0).description }, upTo: upTo, count: count, afterSeconds: after)
        }
        switch activity.what {
        case .seen(let rssi): self = message("seen", rssi: rssi)
        case .connecting: self = message("connecting")
        case .sessionStarted: self = message("session_started")
        case .sessionEnded(let reason, let bytes): self = message("session_ended", size: bytes, reason: reason)
        case .transferStarted(let recording, let offset, let size):
            self = message("transfer_started", recording: recording, offset: offset, size: size)
        case .transferProgress(let recording, let offset, let size):
            self = message("transfer_progress", recording: recording, offset: offset, size: size)
        case .gap(let recording, let keptTo): self = message("gap", recording: recording, offset: keptTo)
        case .checksumWrong(let recording): self = message("checksum_wrong", recording: recording)
        case .digestDiffers(let recording): self = message("digest_differs", recording: recording)
        case .stored(let recording, let size): self = message("stored", recording: recording, size: size)
        case .released(let recording): self = message("released", recording: recording)
        case .events(let upTo, let count): self = message("events", upTo: upTo, count: count)
        case .screenShown(let text): self = message("screen_shown", reason: text)
        case .noRoom(let needed, let free): self = message("no_room", offset: free, size: needed)
        case .retry(let reason, let after): self = message("retry", reason: reason, after: Self.seconds(after))
        case .adapter(let state): self = message("adapter", reason: state)
        }
    }

    private static func seconds(_ duration: Duration) -> Double {
        Double(duration.components.seconds) + Double(duration.components.attoseconds) / 1e18
    }
}
