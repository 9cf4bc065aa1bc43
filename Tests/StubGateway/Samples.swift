internal import Crypto
package import GatewayAPI
package import Recordings

/// Jobs and recordings as the gateway hands them out.
package enum Samples {
    package struct Missing: Error {}

    package static func digest(_ bytes: [UInt8]) throws -> Recordings.SHA256Digest {
        guard let digest = Recordings.SHA256Digest(Array(SHA256.hash(data: bytes))) else { throw Missing() }
        return digest
    }

    package static func recording(
        _ bytes: [UInt8], sha256: Recordings.SHA256Digest, name: String = "anna", number: Int = 214, holder: HolderMessage? = nil,
        started: String? = "2026-11-23T09:14:01.210Z", annotations: [String] = [], artifacts: [String] = [], id: RecordingID? = nil,
        format: AudioFormat = .opus
    ) throws -> RecordingMessage {
        guard let card = CardID("card_0123456789ABCDEFGHJKMNPQRS"), let time = UTCTime("2026-11-23T09:20:00Z") else { throw Missing() }
        let id = id ?? RecordingID.make(at: time)
        return RecordingMessage(
            id: id, ref: "\(name)/\(number)", key: "A1-0007EC7C21/5b0c91aa/r\(number)", state: Term(.proven), kind: "memo",
            started: started.flatMap { UTCTime($0) }, clock: Term(.set), durationMilliseconds: 4100, size: UInt64(bytes.count),
            durable: UInt64(bytes.count), type: format.mediaType, sha256: sha256, marks: 0, card: CardReference(id: card, name: name), holder: holder,
            stored: time,
            others: [], audio: "/v1/recordings/\(id)/audio", annotations: annotations, artifacts: artifacts)
    }

    package static func job(_ queue: String, _ recording: RecordingMessage? = nil, data: JSONValue? = nil) throws -> LeasedJobMessage {
        guard let time = UTCTime("2026-11-23T09:20:00Z") else { throw Missing() }
        return LeasedJobMessage(
            id: JobID.make(at: time), queue: queue, attempt: 1, of: 8, priority: "normal", key: "A1-0007EC7C21/5b0c91aa/r214/" + queue,
            lease: LeaseMessage(token: "ls_test", forSeconds: 30), recording: recording, data: data)
    }
}
