import Bytes
import Crypto
import GATT
import Ledger
import RecordingStore
import Recordings
import TestSupport

/// Works on the jobs of one queue as the programs do: an artifact and an annotation for each recording, a copy at the destination.
struct Worker: Sendable {
    static let artifact = "audio.wav"

    let life: GatewayLife
    let queue: String

    /// Until nothing is left and nothing more can come.
    func run(until isOver: WaitableState<Bool>) async throws {
        while true {
            let wasOver = isOver.read { $0 }
            let jobs = try await life.ledger.claim(
                queue, max: 1, for: .seconds(30), worker: ForeignText(queue), waitingUpTo: .seconds(wasOver ? 0 : 1))
            if jobs.isEmpty, wasOver { return }
            for leased in jobs {
                let completion = Completion(job: leased.job.id, token: leased.token, result: try await work(leased))
                _ = try await life.ledger.finish(completion)
                life.chronicle.done(leased.job.key)
            }
        }
    }

    private func work(_ leased: LeasedJob) async throws -> JobResult {
        var result = JobResult()
        guard let recording = leased.recording else {
            result.usage = JSONText(#"{"calls":1}"#)
            return result
        }
        let bytes = try await life.bytes(of: recording.id)
        if queue == "decode" {
            let made = Self.decoded(bytes)
            let claim = ArtifactClaim(sha256: try Self.digest(of: made), size: UInt64(made.count), type: "audio/wav")
            let writer = try await life.files.receiveArtifact(size: claim.size)
            try await writer.write(made)
            try await writer.finish(as: Self.artifact, claim, for: leased.job.id, token: leased.token)
            result.artifacts = [Self.artifact: claim]
            result.annotations = ["audio": JSONText(#"{"sound":true}"#)]
            result.jobs = [FollowUp(queue: "upload", data: JSONText(#"{"artifacts":["audio.wav"]}"#))]
        } else if leased.job.data == nil {
            life.chronicle.delivered(recording.key, bytes)
            result.delivery = DeliveryClaim(
                destination: GatewayLife.destination, object: ForeignText(recording.key), sha256: try Self.digest(of: bytes),
                size: UInt64(bytes.count))
        }
        return result
    }

    /// Stands for the WAV file.
    static func decoded(_ bytes: [UInt8]) -> [UInt8] { bytes.reversed() }

    static func digest(of bytes: [UInt8]) throws -> Recordings.SHA256Digest {
        guard let digest = Recordings.SHA256Digest(Array(SHA256.hash(data: bytes))) else { throw LifeFailure(description: "no digest") }
        return digest
    }
}
