package import APIClient
internal import EventLoop
package import GatewayAPI
internal import Recordings
internal import Workers

/// The queue `upload`: brings each recording to its destination and says so.
///
/// A recording's own job delivers it with its sidecar, and with the WAV file when that exists already. A job whose data names `artifacts`, as the
/// decode worker enqueues one with its result, puts them beside the delivered recording and renews the sidecar, which then has the new annotations;
/// it claims no delivery of its own.
package struct Uploader: Sendable {
    /// What goes beside a recording.
    package static let artifacts: Set<String> = ["audio.wav"]
    private static let mostAnnotations = 64

    private let destination: any Destination

    package init(_ destination: any Destination) { self.destination = destination }

    package func work(_ client: GatewayClient, _ job: LeasedJobMessage) async throws -> LeaseLoop.Outcome {
        guard let leased = job.recording, leased.audio != nil, leased.sha256 != nil else {
            return .failed(FailedRequest(lease: job.lease.token, reason: "The job has no stored recording to deliver.", retry: false))
        }
        // As it is now: a decode job may have ended since this one was leased.
        let recording = try await client.recording(leased.id.description)
        guard let sha256 = recording.sha256, sha256 == leased.sha256 else {
            return .failed(FailedRequest(lease: job.lease.token, reason: "The recording's digest changed while its job was leased.", retry: true))
        }
        var annotations: [String: JSONValue] = [:]
        for name in recording.annotations.sorted().prefix(Self.mostAnnotations) {
            annotations[name] = try await client.annotation(name, of: recording.id.description).value
        }
        let parcel = Parcel(
            recording: recording, sha256: sha256, sidecar: try Sidecar.json(recording, annotations),
            artifacts: recording.artifacts.filter(Self.artifacts.contains)
        ) { what, file in
            _ = try await Download.fetch(what, of: recording, with: client, into: file, limit: Self.limit(of: what))
        }
        do {
            let copy = try await destination.deliver(parcel)
            guard job.data?["artifacts"] == nil else { return .done(DoneRequest(lease: job.lease.token)) }
            let claim = DeliveryClaimMessage(destination: destination.name, object: copy.object, sha256: copy.sha256, size: copy.size)
            return .done(DoneRequest(lease: job.lease.token, delivery: claim))
        } catch let error as SystemError {
            // A full disk or a missing mount is not mended within seconds.
            return .failed(FailedRequest(lease: job.lease.token, reason: error.description, retry: true, afterSeconds: 60))
        }
    }

    private static func limit(of what: Download.What) -> UInt64 {
        switch what {
        case .original: Limits.importBytes
        // A WAV file's own.
        case .artifact: 1 << 32
        }
    }
}
