internal import ArgumentParser
internal import Daemon
internal import EventLoop
internal import FoundationEssentials
internal import Glibc
internal import Recordings
internal import SystemPackage

/// `earshot demo`
struct DemoCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "demo", abstract: "The main job on software cards, with things going wrong on purpose.",
        discussion: "Exit status 0 only when nothing is unexplained and every delivered file equals its card's object, byte for byte.")

    /// Recorded human speech, of Debian's alsa-utils.
    private static let speechFolder = "/usr/share/sounds/alsa"
    /// Bytes a second: what an LE 1M link carries (docs/simulated-bluez.md).
    private static let rate = 100_000

    @Option(help: "Other faults at other places.")
    var seed: UInt64 = 7

    @Option(help: "Where everything is kept afterwards; what an earlier demo left there goes, unless it was used since.")
    var folder: String?

    @Flag(help: "Begin anew also in a folder that was used since: all that is in it goes.")
    var fresh = false

    func run() async throws {
        let root = absolute(folder ?? (FileManager.default.homeDirectoryForCurrentUser.path + "/earshot-demo"))
        try empty(root)
        let speech = try Self.speech()
        let columns = Self.terminalColumns()
        let ticker = DemoTicker(isTerminal: columns != nil)
        let options = Sandbox.Options(folder: root, cards: ["anna", "ben"], rate: Self.rate, gateway: "demo")
        let seed = seed
        let findings = try await endingOnSignal {
            try await Sandbox.run(options, say: { ticker.say($0) }) { sandbox in
                let observations = Observations { ticker.tell($0) }
                return try await DemoRun(
                    sandbox: sandbox, story: DemoStory(seed: seed), observations: observations, speech: speech, say: { ticker.say($0) }
                ).run()
            }
        }
        guard var findings else { throw ExitCode(1) }
        try DemoMark(folder: root).note()
        findings.again = "Scripts/demo --seed \(seed &+ 1)" + (folder == nil ? "" : " --folder \(Self.spelled(root.string))")
        findings.playOn = "\(CommandLine.arguments.first ?? "earshot") sandbox --folder \(Self.spelled(root.string))"
        findings.example = Self.spelled(findings.example)
        findings.surroundings = Self.spelled(SandboxFolder(root: root).surroundings.string)
        try StandardStream.output.put("")
        for line in DemoScreen(findings, columns: columns, clock: { LocalTime(milliseconds: $0.milliseconds).clock }).lines {
            try StandardStream.output.put(line)
        }
        guard findings.isProven else {
            throw CommandEnd(.failed, "Not everything was proven. The logs are in \(root.appending("logs")).")
        }
    }

    /// A path as a person would type it.
    private static func spelled(_ path: String) -> String {
        let home = FileManager.default.homeDirectoryForCurrentUser.path
        guard home.count > 1, path.hasPrefix(home + "/") else { return "\(ShellWord(path))" }
        return "~/\(ShellWord(String(path.dropFirst(home.count + 1))))"
    }

    /// Takes away what an earlier demo left, and nothing else.
    private func empty(_ root: FilePath) throws {
        let files = FileManager.default
        let mark = DemoMark(folder: root)
        if files.fileExists(atPath: root.string) {
            let isEmpty = try files.contentsOfDirectory(atPath: root.string).isEmpty
            guard isEmpty || mark.isThere else {
                throw CommandEnd(.failed, "\(root) is there and is no demo's. Name another folder with --folder.")
            }
            let lock = try SandboxFolder(root: root).takeLock()
            defer { lock.release() }
            if let use = mark.useSince, !fresh {
                throw CommandEnd(
                    .failed,
                    "\(root) has been used since its demo: \(use), and a new demo would take all of it away. Name another folder with --folder, "
                        + "or say --fresh to begin anew there.")
            }
            try files.removeItem(atPath: root.string)
        }
        try SandboxFolder.makeFolder(root)
        try mark.make()
    }

    private static func speech() throws -> [String] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: speechFolder)) ?? []
        // Noise.wav is no speech.
        let files = names.filter { $0.hasSuffix(".wav") && $0 != "Noise.wav" }.sorted().map { "\(speechFolder)/\($0)" }
        guard !files.isEmpty else {
            throw ProgramFailure(description: "No recorded speech in \(speechFolder). Install it: apt-get install alsa-utils")
        }
        return files
    }

    private static func terminalColumns() -> Int? {
        guard isatty(STDOUT_FILENO) == 1 else { return nil }
        var size = winsize()
        guard unsafe ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return 80 }
        return Int(size.ws_col)
    }
}
