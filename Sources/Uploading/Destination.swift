package import GatewayAPI
package import Recordings
package import Workers

/// Somewhere that recordings are delivered to.
package protocol Destination: Sendable {
    /// As the delivery is recorded.
    var name: String { get }

    /// Returns once the copy is durable there and has the recording's size and digest. Repeating it, also after a crash in the middle, gives the
    /// same object and never a second one; what is there and is not this recording's stays as it is.
    func deliver(_ parcel: Parcel) async throws -> Delivered
}

/// A recording on its way.
package struct Parcel: Sendable {
    package let recording: RecordingMessage
    /// The recording's.
    package let sha256: SHA256Digest
    /// What is known about it, as JSON.
    package let sidecar: [UInt8]
    /// What goes beside it, by the artifact's name.
    package let artifacts: [String]
    /// Brings the bytes.
    package let fetch: @Sendable (Download.What, FileWriter) async throws -> Void

    package init(
        recording: RecordingMessage, sha256: SHA256Digest, sidecar: [UInt8], artifacts: [String],
        fetch: @escaping @Sendable (Download.What, FileWriter) async throws -> Void
    ) {
        self.recording = recording
        self.sha256 = sha256
        self.sidecar = sidecar
        self.artifacts = artifacts
        self.fetch = fetch
    }
}

/// A copy at a destination.
package struct Delivered: Sendable, Hashable {
    /// Its name there.
    package let object: String
    package let sha256: SHA256Digest
    package let size: UInt64
}
