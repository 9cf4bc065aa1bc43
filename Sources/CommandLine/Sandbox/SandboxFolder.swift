internal import EventLoop
internal import FoundationEssentials
internal import SystemPackage

/// Everything that a sandbox keeps, in one folder of an ordinary user.
struct SandboxFolder: Sendable {
    let root: FilePath

    var bus: FilePath { root.appending("bus") }
    var cards: FilePath { root.appending("cards") }
    var state: FilePath { root.appending("state") }
    var run: FilePath { root.appending("run") }
    var logs: FilePath { root.appending("logs") }
    var delivered: FilePath { root.appending("delivered") }
    var configuration: FilePath { root.appending("earshot.toml") }
    var busConfiguration: FilePath { root.appending("bus.conf") }
    /// D-Bus, Server Addresses: every other byte of the value is escaped.
    var busAddress: String {
        let plain = Set("-0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_/.".utf8)
        let path = bus.string.utf8.map { byte in
            if plain.contains(byte) { return String(UnicodeScalar(byte)) }
            let digits = String(byte, radix: 16)
            return "%" + (digits.count < 2 ? "0" : "") + digits
        }
        return "unix:path=" + path.joined()
    }

    func socket(_ kind: String) -> FilePath { run.appending(kind).appending("api.sock") }
    func token(_ worker: String) -> FilePath { run.appending("tokens").appending(worker) }

    /// sockaddr_un holds 107 bytes of path and a zero.
    private static let longestSocketPath = 107

    /// The agent that answers the assistant button, to be changed at will.
    var hello: FilePath { root.appending("hello") }

    /// What a shell reads so that `earshot` and `earshot-card` mean this sandbox: `. FILE`
    var surroundings: FilePath { root.appending("env") }

    /// The lines of that file.
    ///
    /// - Parameter programs: the folder that the programs stand in.
    func exports(programs: FilePath) -> [String] {
        [
            "export EARSHOT_SOCKET=\(ShellWord(socket("control").string)) EARSHOT_CARDS=\(ShellWord(cards.string))",
            "export EARSHOT_CONFIG=\(ShellWord(configuration.string)) EARSHOT_STATE=\(ShellWord(state.string)) EARSHOT_RUN=\(ShellWord(run.string))",
            "export PATH=\(ShellWord(programs.string)):\"$PATH\"",
        ]
    }

    func writeSurroundings(programs: FilePath) throws {
        try Self.write((exports(programs: programs) + [""]).joined(separator: "\n"), to: surroundings)
    }

    /// Makes the folder, or takes one that a sandbox made before with all that it holds.
    static func prepare(_ root: FilePath, gateway: String) throws -> SandboxFolder {
        let folder = SandboxFolder(root: root)
        let longest = folder.socket("control").string
        guard longest.utf8.count <= longestSocketPath else {
            throw ProgramFailure(
                description: "The path \(longest) is too long for a Unix socket (\(longestSocketPath) bytes). Name a shorter folder with --folder.")
        }
        let files = FileManager.default
        try folder.refuseStrangers()
        for path in [folder.root, folder.cards, folder.state, folder.run, folder.logs, folder.delivered] { try makeFolder(path) }
        try write(busPolicy(folder), to: folder.busConfiguration)
        if !files.fileExists(atPath: folder.configuration.string) {
            try write(configurationText(folder, gateway: gateway), to: folder.configuration)
        }
        if !files.fileExists(atPath: folder.hello.string) {
            try write(agent, to: folder.hello)
            try files.setAttributes([.posixPermissions: 0o700], ofItemAtPath: folder.hello.string)
        }
        return folder
    }

    /// A folder with other things in it is no sandbox's, and is not made one.
    private func refuseStrangers() throws {
        let files = FileManager.default
        guard !files.fileExists(atPath: busConfiguration.string), let names = try? files.contentsOfDirectory(atPath: root.string) else { return }
        let own = [bus, cards, state, run, logs, delivered, configuration, busConfiguration, hello, surroundings, root.appending("lock")]
        let known = DemoMark.names.union(own.compactMap { $0.lastComponent?.string })
        guard let stranger = names.sorted().first(where: { !known.contains($0) }) else { return }
        throw ProgramFailure(
            description:
                "\(root) holds other things (\(stranger)\(names.count > 1 ? " …" : "")) and is no sandbox's. Name a new folder with --folder.")
    }

    /// Keeps a second sandbox out of the folder.
    func takeLock() throws -> ExclusiveLock {
        guard let lock = try ExclusiveLock.take(path: root.appending("lock").string) else {
            throw ProgramFailure(description: "A sandbox or demo runs in \(root) already. End it, or name another folder with --folder.")
        }
        return lock
    }

    /// Makes a folder for this user alone, with those above it; one that is there stays as it is.
    static func makeFolder(_ path: FilePath) throws {
        do {
            try FileManager.default.createDirectory(
                atPath: path.string, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        } catch {
            let reason =
                switch (error as? CocoaError)?.code {
                case .fileWriteFileExists: "a file of that name is there"
                case .fileWriteNoPermission: "you may not write there"
                case .fileWriteOutOfSpace: "the disk is full"
                case .fileNoSuchFile: "there is no such place"
                default: "\(error)"
                }
            throw ProgramFailure(description: "The folder \(path) cannot be made: \(reason). Name another with --folder.")
        }
    }

    private static func write(_ text: String, to path: FilePath) throws {
        do {
            try Data(text.utf8).write(to: URL(filePath: path.string), options: .atomic)
        } catch {
            throw ProgramFailure(description: "\(path) cannot be written. Is there room, and is the folder yours?")
        }
    }

    /// A bus for this user alone. The limits are bounds for a runaway, far above what two cards need.
    private static func busPolicy(_ folder: SandboxFolder) -> String {
        """
        <!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
          "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
        <busconfig>
          <type>session</type>
          <listen>\(folder.busAddress)</listen>
          <auth>EXTERNAL</auth>
          <policy context="default">
            <allow send_destination="*"/>
            <allow receive_sender="*"/>
            <allow own="*"/>
          </policy>
          <limit name="max_incoming_bytes">134217728</limit>
          <limit name="max_outgoing_bytes">134217728</limit>
          <limit name="max_replies_per_connection">50000</limit>
          <limit name="max_match_rules_per_connection">50000</limit>
        </busconfig>

        """
    }

    /// The smallest agent there can be: any language will do.
    private static let agent = #"""
        #!/bin/sh
        # An agent: the job comes as JSON on standard input, the answer goes as JSON to standard output.
        # Exit status: 0 done, 75 try again later, anything else: dead, with the last lines of standard error as reason.
        job=$(tr -d '\n')
        milliseconds=$(printf '%s' "$job" | sed -n 's/.*"duration_ms" *: *\([0-9]*\).*/\1/p')
        if [ -n "$milliseconds" ]; then
            text="Noted: $(((milliseconds + 500) / 1000)) s memo"
        else
            text="Noted"
        fi
        printf '{"screen":{"text":"%s","for_s":120}}\n' "$text"

        """#

    /// A path as a basic string of TOML.
    private static func quoted(_ path: FilePath) -> String {
        let characters = path.string.unicodeScalars.map { scalar in
            switch scalar {
            case "\"", "\\": "\\\(scalar)"
            case "\0"..<" ", "\u{7F}": "\\u" + String(repeating: "0", count: scalar.value < 16 ? 3 : 2) + String(scalar.value, radix: 16)
            default: String(scalar)
            }
        }
        return "\"" + characters.joined() + "\""
    }

    private static func configurationText(_ folder: SandboxFolder, gateway: String) -> String {
        """
        # The sandbox's gateway. Change it and start the sandbox again.
        [gateway]
        name = "\(gateway)"
        clock = "trusted"

        [storage]
        reserve = "64 MiB"

        [destinations.folder]
        kind = "folder"
        path = \(quoted(folder.delivered))
        key = "{card}/{started:%Y-%m}/{started:%d-%H%M}_{card}-{number}.opus"

        [agents.hello]
        command = [\(quoted(folder.hello))]

        [[routes]]
        when = { event = "recording.stored" }
        do = [{ agent = "decode" }, { destination = "folder" }]

        [[routes]]
        when = { event = "button.pressed", button = "assistant" }
        do = [{ agent = "hello" }]

        """
    }
}
