internal import Ledger
internal import Recordings

/// ID.json: names as in the API.
struct Sidecar: Encodable {
    let id: RecordingID
    let key: String
    let gateway: GatewayID
    let card: CardID
    let kind: String
    let size: UInt64
    let sha256: SHA256Digest
    let started: UTCTime?
    let clock: ClockTrust
    let durationMilliseconds: UInt32
    let written: UTCTime

    enum CodingKeys: String, CodingKey {
        case id, key, gateway, card, kind, size, sha256, started, clock, written
        case durationMilliseconds = "duration_ms"
    }
}
