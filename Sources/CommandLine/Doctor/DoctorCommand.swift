internal import ArgumentParser
internal import Doctor
internal import EventLoop
internal import FoundationEssentials
internal import GatewayAPI
internal import Glibc

/// `earshot doctor [--fix]`
struct DoctorCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor", abstract: "What is wrong with this box, why it matters, and the remedy.",
        discussion: """
            Looks at BlueZ, adapter, pairings, rights, units, disk, clock; also without a gateway, and best as root.
            Exit status: 0 when nothing needs a person, 4 when something does, 5 when only root could tell.
            """)

    @Flag(help: "Mend what can be mended safely: says each step, and asks.") var fix = false
    @Flag(help: "With --fix: do not ask.") var yes = false
    @Option(help: "Only these checks, by name; several with commas.") var only: String?
    @OptionGroup var gateway: GatewayOptions

    private typealias Seen = (check: Check, finding: Finding)

    func validate() throws {
        if yes, !fix { throw ValidationError("--yes goes with --fix.") }
        if fix, !yes, isatty(STDIN_FILENO) == 0 || gateway.json {
            throw ValidationError("--fix asks before each step; where nobody can answer: --fix --yes")
        }
        _ = try checks()
    }

    func run() async throws {
        let machine = LocalMachine.machine(gateway.look)
        if fix, !machine.isRoot { throw CommandEnd(.notAllowed, "--fix changes the machine: run it with sudo.") }
        let examination = Examination(machine, executor: try BlockingThread(name: "doctor"))
        let columns = StandardStream.output.columns
        let text = DoctorText(columns: columns, isColoured: columns != nil && ProcessInfo.processInfo.environment["NO_COLOR"] == nil)
        var seen: [Seen] = []
        var group: Check.Group?
        for check in try checks() {
            let finding = await examination.look(check)
            seen.append((check, finding))
            guard !gateway.json else { continue }
            if check.group != group { try gateway.report.line((group == nil ? "" : "\n") + check.group.rawValue) }
            group = check.group
            for line in text.lines(check, finding) { try gateway.report.line(line) }
        }
        if !gateway.json {
            try gateway.report.line()
            for line in text.wrapped(DoctorText.summary(seen)) { try gateway.report.line(line) }
        }
        if fix { seen = try await mend(seen, examination, text) }
        if gateway.json { try gateway.report.json(seen.map(DoctorMessage.init)) }
        throw CommandEnd(Self.status(seen, isRoot: machine.isRoot))
    }

    private func checks() throws -> [Check] {
        guard let only else { return Check.all }
        let names = only.split(separator: ",").map(String.init)
        if let unknown = names.first(where: { name in !Check.all.contains { $0.name == name } }) {
            throw ValidationError("There is no check \(Shown.text(unknown)). They are: \(Check.all.map(\.name).joined(separator: ", ")).")
        }
        return Check.all.filter { names.contains($0.name) }
    }

    private static func status(_ seen: [Seen], isRoot: Bool) -> ExitStatus {
        if seen.contains(where: { $0.finding.verdict == .trouble }) { return .needsPerson }
        guard seen.contains(where: { $0.finding.verdict == .unknown }) else { return .fine }
        return isRoot ? .needsPerson : .notAllowed
    }

    // MARK: - Mending

    private func mend(_ seen: [Seen], _ examination: Examination, _ text: DoctorText) async throws -> [Seen] {
        var now = seen
        let asker = try Asker()
        func say(_ line: String) throws { if gateway.json { StandardStream.error.write(line: line) } else { try gateway.report.line(line) } }
        for (index, (check, finding)) in seen.enumerated() where !finding.mending.isEmpty {
            // An earlier step may have mended it, too.
            var latest = await examination.look(check)
            now[index].finding = latest
            guard !latest.mending.isEmpty else { continue }
            try say("")
            try say("\(check.name): \(Shown.text(latest.found))")
            for step in latest.mending { try say("  " + Shown.text(step.description)) }
            if !yes, try await asker.agrees("Do it?") != true { continue }
            if let reason = await examination.mend(latest.mending) { try say("  It did not work: \(Shown.text(reason))") }
            latest = await examination.look(check)
            now[index].finding = latest
            if !gateway.json { for line in text.lines(check, latest) { try say(line) } }
        }
        return now
    }
}

/// One line of `earshot doctor --json`.
private struct DoctorMessage: Encodable {
    let check: String
    let verdict: String
    let found: String
    let why: String
    let remedy: String?
    /// The steps that --fix would take.
    let fix: [String]

    init(_ seen: (check: Check, finding: Finding)) {
        check = seen.check.name
        verdict = seen.finding.verdict.rawValue
        found = seen.finding.found
        why = seen.check.why
        remedy = seen.finding.remedy
        fix = seen.finding.mending.map(\.description)
    }
}
