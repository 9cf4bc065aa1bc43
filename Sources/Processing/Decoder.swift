package import APIClient
internal import EventLoop
package import GatewayAPI
internal import OggOpus
internal import OpusAudio
internal import Recordings
internal import Workers

package struct DecodeSettings: Sendable, Hashable {
    /// Hz of the WAV file. 48000 is the codec's own: then the samples are opusdec's, so that anybody can check them.
    package let rate: Int
    /// The program that decodes what is no Ogg Opus, by path or found on `PATH`.
    package let ffmpeg: String

    package init(rate: Int, ffmpeg: String = "ffmpeg") {
        self.rate = rate
        self.ffmpeg = ffmpeg
    }
}

/// The queue `decode`: the artifact `audio.wav` and the annotation `audio`, for every recording.
package struct Decoder: Sendable {
    package static let artifact = "audio.wav"
    package static let annotation = "audio"

    private let settings: DecodeSettings
    private let announcesToUpload: Bool

    /// - Parameter announcesToUpload: a job of queue `upload` follows, which delivers the WAV file beside the recording.
    package init(_ settings: DecodeSettings, announcesToUpload: Bool) {
        self.settings = settings
        self.announcesToUpload = announcesToUpload
    }

    /// What a stream that cannot be decoded at all gets is an annotation that says so: the recording is kept as it is.
    package func work(_ client: GatewayClient, _ job: LeasedJobMessage) async throws -> LeaseLoop.Outcome {
        guard let recording = job.recording, recording.audio != nil else {
            return .failed(FailedRequest(lease: job.lease.token, reason: "The job has no recording with audio to decode.", retry: false))
        }
        let files = try FileThread(name: "decode")
        let folder = try await files.perform { try WorkFolder.make() }
        do {
            let outcome = try await decode(recording, of: job, client, in: folder, files)
            await files.perform { folder.remove() }
            return outcome
        } catch {
            await files.perform { folder.remove() }
            throw error
        }
    }

    private func decode(
        _ recording: RecordingMessage, of job: LeasedJobMessage, _ client: GatewayClient, in folder: WorkFolder, _ files: FileThread
    ) async throws -> LeaseLoop.Outcome {
        let original = folder.path(of: "recording.\(recording.fileExtension)")
        let wav = folder.path(of: Self.artifact)
        let file = try await files.perform { FileWriter(try DurableFile.open(path: original, .createNew), on: files) }
        _ = try await Download.fetch(.original, of: recording, with: client, into: file, limit: Limits.importBytes)
        let rate = settings.rate
        let result: DecodedFile
        if let format = AudioFormat.allCases.first(where: { $0.mediaType == recording.type }), format != .opus {
            switch try await ForeignSound(program: settings.ffmpeg, files: files, folder: folder).decode(original, format, to: wav, rate: rate) {
            case .decoded(let decoded): result = decoded
            case .notInstalled:
                let reason = "It is \(format.name), which ffmpeg decodes, and ffmpeg is not installed here: sudo apt install ffmpeg"
                return .failed(FailedRequest(lease: job.lease.token, reason: reason, retry: false))
            case .failed(let reason): return .failed(FailedRequest(lease: job.lease.token, reason: reason, retry: true))
            }
        } else {
            result = try await files.perform { () throws -> DecodedFile in try DecodedFile.make(from: original, to: wav, rate: rate) }
        }
        var done = DoneRequest(lease: job.lease.token, annotations: [Self.annotation: result.annotation])
        guard case .sound = result, case let (sha256?, size) = try await files.perform({ try digest(of: wav) }) else { return .done(done) }
        let source = try await files.perform { try FileReader(wav) }
        _ = try await client.putArtifact(Self.artifact, of: job.id, lease: job.lease.token, size: size, sha256: sha256, type: "audio/wav") { writer in
            var offset = 0
            while offset < size {
                let piece = try await files.perform { [offset] in try source.read(at: offset, atMost: 256 << 10) }
                guard !piece.isEmpty else { return }
                try await writer.write(piece)
                offset += piece.count
            }
        }
        done.artifacts = [Self.artifact: ArtifactClaimMessage(sha256: sha256, size: size, type: "audio/wav")]
        if announcesToUpload {
            done.jobs = [FollowUpRequest(queue: "upload", data: .object(["artifacts": .array([.string(Self.artifact)])]))]
        }
        return .done(done)
    }
}
