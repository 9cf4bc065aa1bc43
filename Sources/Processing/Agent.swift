package import APIClient
internal import EventLoop
package import GatewayAPI
internal import Recordings
internal import Workers

package struct AgentSettings: Sendable, Hashable {
    /// The program, by path or found on `PATH`, and its arguments.
    package let command: [String]
    /// How long it may take for one job.
    package let limit: Duration

    package init(command: [String], limit: Duration) {
        self.command = command
        self.limit = limit
    }
}

/// A queue whose jobs a program works on (docs/agents.md): job on standard input, answer on standard output.
package struct Agent: Sendable {
    /// Annotations handed to the program; a recording with more has them cut in the order of their names.
    private static let mostAnnotations = 64
    /// EX_TEMPFAIL of sysexits.h.
    private static let tryAgain: Int32 = 75

    private let settings: AgentSettings

    package init(_ settings: AgentSettings) { self.settings = settings }

    package func work(_ client: GatewayClient, _ job: LeasedJobMessage) async throws -> LeaseLoop.Outcome {
        let files = try FileThread(name: "agent")
        let folder = try await files.perform { try WorkFolder.make() }
        do {
            let outcome = try await run(job, client, in: folder, files)
            await files.perform { folder.remove() }
            return outcome
        } catch {
            await files.perform { folder.remove() }
            throw error
        }
    }

    private func run(
        _ job: LeasedJobMessage, _ client: GatewayClient, in folder: WorkFolder, _ files: FileThread
    ) async throws -> LeaseLoop.Outcome {
        var audio: String?
        var annotations: [String: JSONValue] = [:]
        if let recording = job.recording {
            if recording.audio != nil {
                let path = folder.path(of: "recording.\(recording.fileExtension)")
                let file = try await files.perform { FileWriter(try DurableFile.open(path: path, .createNew), on: files) }
                _ = try await Download.fetch(.original, of: recording, with: client, into: file, limit: Limits.importBytes)
                audio = path
            }
            for name in recording.annotations.sorted().prefix(Self.mostAnnotations) {
                annotations[name] = try await client.annotation(name, of: recording.id.description).value
            }
        }
        let question = try AgentQuestion.json(job, audio: audio, annotations: annotations)
        let questionFile = folder.path(of: "job.json")
        try await files.perform {
            let file = try DurableFile.open(path: questionFile, .createNew)
            try unsafe file.write(question.span.bytes, at: 0)
        }
        let ending = try await AgentProgram(settings, folder: folder.path).run(questionFile)
        return outcome(of: ending, for: job)
    }

    private func outcome(of ending: AgentProgram.Ending, for job: LeasedJobMessage) -> LeaseLoop.Outcome {
        func failed(_ reason: String, retry: Bool) -> LeaseLoop.Outcome {
            .failed(FailedRequest(lease: job.lease.token, reason: reason, retry: retry))
        }
        switch ending {
        case .exited(0, let output, _):
            do {
                return .done(try AgentAnswer.read(output, lease: job.lease.token))
            } catch {
                return failed("The program's answer is not understood: \(error)", retry: false)
            }
        case .exited(Self.tryAgain, _, let said): return failed(said.isEmpty ? "The program asked to be tried again." : said, retry: true)
        case .exited(let status, _, let said): return failed(said.isEmpty ? "The program ended with status \(status)." : said, retry: false)
        case .signalled(let signal, let said): return failed("The program was ended by signal \(signal). \(said)", retry: false)
        case .timedOut: return failed("The program took longer than \(settings.limit).", retry: true)
        case .tooMuchOutput: return failed("The program's answer is longer than \(AgentProgram.mostOutput) bytes.", retry: false)
        case .notStarted(let reason): return failed("The program could not be started: \(reason)", retry: true)
        }
    }
}
