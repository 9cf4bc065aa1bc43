internal import ArgumentParser
internal import Backups
internal import DBus
internal import Daemon
internal import Doctor
internal import EventLoop
internal import FoundationEssentials
internal import Glibc
internal import SystemPackage

/// `earshot backup FILE|-`
struct BackupCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "backup", abstract: "Ledger, configuration, keys and bonds in one file; the gateway goes on meanwhile.",
        discussion: """
            The file holds keys: keep it as you keep those. Recordings are not in it, unless --recordings says so.
            Bring it back with: earshot restore FILE
            """)

    @Argument(help: "The new file; - for standard output.") var file: String
    @Flag(help: "The recordings, too, and what was made of them.") var recordings = false

    func run() async throws {
        let writer = BackupWriter(
            BackupPlaces(environment: ProcessInfo.processInfo.environment), executor: try BlockingThread(name: "backup"))
        let report: BackupWriter.Report
        if file == "-" {
            guard isatty(STDOUT_FILENO) == 0 else { throw CommandEnd(.usage, "A backup is no text: name a file, or send it on with |.") }
            report = try await Self.translating { try await write(writer, .standardOutput) }
        } else {
            let path = FilePath(file)
            guard unsafe access(file, F_OK) != 0 else { throw CommandEnd(.failed, "\(Shown.text(file)) is there already.") }
            let new = try NewFile(FilePath(file + ".part"))
            do {
                report = try await Self.translating { try await write(writer, new.open) }
                try new.synchronize()
                try new.finish(as: path)
            } catch {
                new.abandon()
                throw error
            }
        }
        tell(report)
    }

    private func write(_ writer: BackupWriter, _ output: FileDescriptor) async throws -> BackupWriter.Report {
        let recordings = recordings
        return try await uninterrupted {
            try await writer.write(to: output, version: Release.version, now: WallTime.now, withRecordings: recordings)
        }
    }

    /// On standard error: standard output may be the backup.
    private func tell(_ report: BackupWriter.Report) {
        func say(_ line: String) { StandardStream.error.write(line: line) }
        if file != "-" { say("Written: \(Shown.text(file)), readable by its owner only. It holds keys: keep it as you keep those.") }
        say("ledger         of \(report.gateway): \(report.recordings) recordings, \(report.events) events, \(report.cards) cards")
        say("configuration  " + (report.hasConfiguration ? "earshot.toml" : "none: the defaults count"))
        let missing = report.withoutBond.prefix(8).map { Shown.text($0) }.joined(separator: ", ")
        say(
            "bonds          \(report.cards - report.withoutBond.count) of \(report.cards)"
                + (missing.isEmpty ? "" : "; not there, or not to be read by this user: \(missing)"))
        say("recordings     " + (report.hasRecordings ? "with their files" : "without their files: add --recordings, or rely on what was delivered"))
    }

    static func translating<R>(_ body: () async throws -> R) async throws -> R {
        do {
            return try await body()
        } catch let error as BackupError {
            throw CommandEnd(error.isDenied ? .notAllowed : .failed, Shown.text(error.description))
        }
    }
}

/// Runs the body to its end; a signal cancels it, and is an error.
func uninterrupted<R: Sendable>(_ body: @escaping @Sendable () async throws -> R) async throws -> R {
    guard let result = try await endingOnSignal(body) else { throw CommandEnd(.failed, "Ended before it was done.") }
    return result
}

/// `earshot restore FILE`
struct RestoreCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "restore", abstract: "Bring a backup back, while earshotd is stopped. What is there is kept aside.")

    @Argument(help: "A file that earshot backup wrote.") var file: String
    @Flag(help: "Also when recordings are here that the backup does not know.") var older = false
    @Flag(help: "Do not ask.") var yes = false

    func validate() throws {
        if !yes, isatty(STDIN_FILENO) == 0 { throw ValidationError("It asks first; where nobody can answer: --yes") }
    }

    func run() async throws {
        let environment = ProcessInfo.processInfo.environment
        let target = BackupPlaces(environment: environment)
        let input: FileDescriptor
        do { input = try FileDescriptor.open(FilePath(file), .readOnly, options: .closeOnExec) } catch {
            throw CommandEnd(.failed, "\(Shown.text(file)) cannot be read: \(error).")
        }
        defer { try? input.close() }
        try await Asker.confirm(
            "Bring \(Shown.text(file)) back into \(Shown.text(target.places.state))?", yes: yes, nothing: "nothing was changed")
        let losing = older
        let restorer = Restorer(target, executor: try BlockingThread(name: "restore"))
        let report = try await BackupCommand.translating {
            try await uninterrupted { try await restorer.restore(input, now: WallTime.now, losing: losing) }
        }
        try await tell(report, target)
    }

    private func tell(_ report: Restorer.Report, _ target: BackupPlaces) async throws {
        let say = Report(isJSON: false)
        try say.line("Brought back: the backup of \(report.gateway) of \(Shown.fullTime(report.made)).")
        try say.line("ledger         \(report.recordings) recordings, \(report.cards.count) cards")
        try say.line("configuration  \(Shown.text(report.configuration ?? "none in the backup: as it was"))")
        try say.line(
            "recordings     "
                + (report.broughtRecordings > 0
                    ? "\(report.broughtRecordings) files" : "no files: what is not in \(target.places.state)/recordings shows as missing"))
        for aside in report.aside { try say.line("kept aside     \(Shown.text(aside)): what was there before") }
        let here = await Self.adapters(target)
        for (adapter, cards) in report.bonds.sorted(by: { $0.key < $1.key }) {
            let names = cards.map { Shown.text($0) }.joined(separator: ", ")
            if here.contains(adapter) {
                try say.line("bonds          \(names): of adapter \(adapter), which is here")
            } else {
                try say.line("bonds          \(names): of adapter \(adapter), which is not here")
                try say.line(
                    "               A bond belongs to the adapter's address: plug that adapter in here, or forget these cards and pair them again.")
            }
        }
        if !report.withoutBond.isEmpty {
            try say.line("bonds          none in the backup of \(report.withoutBond.map { Shown.text($0) }.joined(separator: ", ")): pair again")
        }
        try say.line()
        if let trouble = report.bondTrouble {
            try say.line("The bonds could not be put into \(Shown.text(target.bluetooth)): \(Shown.text(trouble))")
            try say.line("Restore once more with sudo.")
        }
        if !report.bonds.isEmpty { try say.line("Now: systemctl restart bluetooth, so that it reads the bonds; then systemctl start earshotd") }
        if report.bonds.isEmpty { try say.line("Now: systemctl start earshotd") }
        try say.line("The box that the backup was made on must not run beside this one: both would be \(report.gateway).")
        if report.bondTrouble != nil { throw CommandEnd(.needsPerson) }
    }

    /// As bluetoothd names its folders: those that org.bluez has now, else those it ever had here.
    private static func adapters(_ target: BackupPlaces) async -> Set<String> {
        if case .objects(let objects) = await LocalMachine.host() {
            return Set(objects.compactMap { $0.interfaces["org.bluez.Adapter1"]?["Address"]?.asString })
        }
        return Set((try? FileManager.default.contentsOfDirectory(atPath: target.bluetooth)) ?? [])
    }
}
