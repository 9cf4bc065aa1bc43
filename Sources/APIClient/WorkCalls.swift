package import GatewayAPI
package import Recordings

extension GatewayClient {
    package func queues() async throws -> ListMessage<QueueMessage> { try await get(Routes.queues.path()) }

    /// Jobs, or none when there is nothing for `request.wait` seconds.
    package func lease(_ queue: String, _ request: LeaseRequest) async throws -> [LeasedJobMessage] {
        let answer = try await raw(
            Routes.lease, Routes.lease.path(queue), request, patience: .total(.seconds((request.wait ?? 0) + 60)))
        guard answer.status != 204 else { return [] }
        return try (Self.decode(answer.body) as LeaseAnswer).jobs
    }

    package func extend(_ job: JobID, _ request: ExtendRequest) async throws -> ExtendAnswer {
        try await send(Routes.extendJob, Routes.extendJob.path(job.description), request)
    }

    /// May be said again with the same lease: the answer is the same.
    package func done(_ job: JobID, _ request: DoneRequest) async throws -> DoneAnswer {
        try await send(Routes.finishJob, Routes.finishJob.path(job.description), request)
    }

    package func failed(_ job: JobID, _ request: FailedRequest) async throws -> FailedAnswer {
        try await send(Routes.failJob, Routes.failJob.path(job.description), request)
    }

    package func retry(_ job: String) async throws -> JobMessage { try await send(Routes.retryJob, Routes.retryJob.path(job)) }

    /// Streams an artifact of a leased job. The gateway keeps it only when `done` names it with the same size and digest.
    ///
    /// - Parameter write: hands over exactly `size` bytes.
    package func putArtifact(
        _ name: String, of job: JobID, lease: String, size: UInt64, sha256: SHA256Digest, type: String,
        _ write: @escaping @Sendable (RequestWriter) async throws -> Void
    ) async throws -> ArtifactMessage {
        let headers = [(APIHeader.lease, lease), (APIHeader.contentDigest, ContentDigest.field(sha256))]
        let answer = try await bytes(
            APIRequest(
                method: "PUT", path: Routes.putArtifact.path(job.description, name), headers: headers,
                body: .stream(size: size, type: type, write), patience: .idle(.seconds(60))))
        return try Self.decode(answer.body)
    }

    package func annotation(_ name: String, of recording: String) async throws -> AnnotationMessage {
        try await get(Routes.annotation.path(recording, name))
    }

    package func deliveries(limit: Int? = nil, cursor: String? = nil) async throws -> ListMessage<DeliveryMessage> {
        try await get(Routes.deliveries.path(query: ["limit": limit.map(String.init), "cursor": cursor]))
    }
}
