internal import ArgumentParser
internal import Doctor
internal import EventLoop
internal import FoundationEssentials
internal import Recordings
internal import SystemPackage

/// `earshot report [FILE]`
struct ReportCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "report",
        abstract: "One text for whoever is to help: doctor, status, versions, units, journal, configuration; no secrets, no names.",
        discussion: "Best as root. It works without a gateway. Nothing is sent: read the file, then send it yourself.")

    @Argument(help: "The new file; - for standard output; else earshot-report-DATE-TIME.txt here.") var file: String?
    @OptionGroup var gateway: GatewayOptions

    func run() async throws {
        let client = gateway.look
        let machine = LocalMachine.machine(client)
        let now = WallTime.now
        let report = SupportReport(machine: machine, client: client, examination: Examination(machine, executor: try BlockingThread(name: "report")))
        let text = await report.make(now: now)
        if file == "-" { return try StandardStream.output.put(text) }
        let stamp = now.description.prefix(19).replacing(":", with: "").replacing("-", with: "").replacing("T", with: "-")
        let path = file ?? "earshot-report-\(stamp).txt"
        try NewFile.write(Array(text.utf8), to: FilePath(path))
        try gateway.report.line("Written: \(Shown.text(path)). Read it before you send it.")
        if !machine.isRoot { try gateway.report.line("As root it would tell more: sudo earshot report") }
    }
}
