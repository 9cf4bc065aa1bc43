internal import APIClient
internal import ArgumentParser
internal import FoundationEssentials
internal import GatewayAPI
internal import Recordings
internal import Subprocess
internal import SystemPackage

/// `earshot play WHAT`
struct PlayCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "play", abstract: "Listen to a recording, with mpv, ffplay or aplay.")

    /// What can play, best first; aplay needs what the decode worker made.
    private static let players: [(program: String, arguments: [String], format: String)] = [
        ("mpv", ["--no-video", "--"], "original"), ("ffplay", ["-nodisp", "-autoexit", "-loglevel", "error", "-i"], "original"),
        ("aplay", ["-q", "--"], "wav"),
    ]

    @Argument(help: "anna/214, an id or its beginning, or \"anna yesterday 15:00\".") var what: [String]
    @OptionGroup var gateway: GatewayOptions

    func run() async throws {
        let client = gateway.control
        let recording = try await client.recording(
            try await RecordingLookup(client: client, now: WallTime.now).name(of: what.joined(separator: " ")))
        guard let player = Self.players.first(where: { Self.isInstalled($0.program) }) else {
            throw CommandEnd(
                .failed, "No player is installed. apt install mpv, or take it out and play it elsewhere: earshot export \(Shown.text(recording.ref))")
        }
        if !Self.hasSound {
            StandardStream.error.write(
                line: "! There seems to be no sound device here. Take it out and play it elsewhere: earshot export \(Shown.text(recording.ref))")
        }
        let file = FilePath(FileManager.default.temporaryDirectory.path).appending(
            "earshot-\(recording.id).\(player.format == "original" ? recording.fileExtension : player.format)")
        defer { try? FileManager.default.removeItem(atPath: file.string) }
        try? FileManager.default.removeItem(atPath: file.string)
        try await AudioFile(client: client, recording: recording, format: player.format).save(to: file)
        let result = try await Subprocess.run(
            .name(player.program), arguments: Arguments(player.arguments + [file.string]), input: .none,
            output: .fileDescriptor(.standardOutput, closeAfterSpawningProcess: false),
            error: .fileDescriptor(.standardError, closeAfterSpawningProcess: false))
        guard result.terminationStatus.isSuccess else {
            let ref = Shown.text(recording.ref)
            throw CommandEnd(
                .failed, "\(player.program) could not play it: is there a sound device? Take it out and play it elsewhere: earshot export \(ref)")
        }
    }

    /// A sound card, or a sound server of this user: without either, players fail in words of their own, or fall silent.
    private static var hasSound: Bool {
        let environment = ProcessInfo.processInfo.environment
        if environment["PULSE_SERVER"] != nil { return true }
        let run = environment["XDG_RUNTIME_DIR"] ?? ""
        return (["/dev/snd/controlC0"] + (run.isEmpty ? [] : ["\(run)/pulse/native", "\(run)/pipewire-0"])).contains {
            FileManager.default.fileExists(atPath: $0)
        }
    }

    private static func isInstalled(_ program: String) -> Bool {
        (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":").contains {
            FileManager.default.isExecutableFile(atPath: "\($0)/\(program)")
        }
    }
}
