internal import Bytes
internal import Ledger
internal import Recordings

/// ID.json: what the recording is, for a person with names as in the API, and for `--rebuild` as rows of the ledger under a checksum.
struct Sidecar: Codable {
    /// A sidecar that is longer is not one of ours: it has no transcript, only names and times.
    static let longest = 4 << 20

    struct Holder: Codable {
        let id: HolderID
        let handle: String
        let name: String
    }

    struct Raw: Codable {
        let utc: UTCTime?
        let milliseconds: UInt64?
        let boot: UInt16

        enum CodingKeys: String, CodingKey {
            case utc, boot
            case milliseconds = "since_power_on_ms"
        }
    }

    struct Release: Codable {
        let answer: String
        /// When the card confirmed the digest.
        let confirmed: UTCTime?
    }

    struct Delivery: Codable {
        let destination: String
        let object: String
        let sha256: SHA256Digest
        let size: UInt64
        let at: UTCTime
    }

    let id: RecordingID
    let key: String
    let gateway: GatewayID
    let card: CardID
    let holder: Holder?
    let kind: String
    let state: String
    let size: UInt64
    let sha256: SHA256Digest?
    let started: UTCTime?
    let startedRaw: Raw?
    let clock: ClockTrust
    let durationMilliseconds: UInt32
    let stored: UTCTime?
    let release: Release?
    let deliveries: [Delivery]
    let rows: CheckedRows

    enum CodingKeys: String, CodingKey {
        case id, key, gateway, card, holder, kind, state, size, sha256, started, clock, stored, release, deliveries, rows
        case startedRaw = "started_raw"
        case durationMilliseconds = "duration_ms"
    }

    init(_ content: SidecarContent) {
        let info = content.recording
        (id, key, gateway, card) = (info.id, info.key, content.gateway, info.card)
        holder = info.holder.map { Holder(id: $0.id, handle: $0.handle, name: $0.name) }
        (kind, state, size, sha256) = (info.kind.description, info.state.rawValue, info.size, info.sha256)
        (started, clock, durationMilliseconds) = (info.started, info.clock, info.durationMilliseconds)
        startedRaw = info.startedRaw.map { raw in
            switch raw.reading {
            case .utc(let time): Raw(utc: time, milliseconds: nil, boot: raw.boot)
            case .sincePowerOn(let milliseconds): Raw(utc: nil, milliseconds: milliseconds, boot: raw.boot)
            }
        }
        stored = info.storedAt
        release = info.releaseAnswer.map { Release(answer: $0, confirmed: info.provenAt) }
        deliveries = content.deliveries.map {
            Delivery(destination: $0.destination, object: $0.object.raw, sha256: $0.sha256, size: $0.size, at: $0.at)
        }
        rows = CheckedRows(content.extracts)
    }

    /// What the file of that name tells.
    ///
    /// - Throws: `CopyDamage`.
    static func read(_ bytes: [UInt8], of id: RecordingID) throws(CopyDamage) -> Sidecar {
        let sidecar: Sidecar = try CopyFile.decode(bytes)
        try sidecar.rows.check()
        let own = sidecar.rows.extracts.first { $0.table == "recording" }
        guard sidecar.id == id, own?.key["id"] == .text(id.description) else {
            throw CopyDamage(description: "it is the sidecar of another recording")
        }
        return sidecar
    }
}
