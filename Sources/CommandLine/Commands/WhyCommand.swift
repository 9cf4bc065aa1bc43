internal import APIClient
internal import ArgumentParser
internal import GatewayAPI
internal import Recordings

/// `earshot why WHAT`
struct WhyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "why", abstract: "Where a recording is and what happens next.",
        discussion: """
            WHAT is anna/214, an id or its beginning, or "anna yesterday 15:00".
            Exit status 3: it happens by itself; 4: a person is needed.
            """)

    @Argument(help: "The recording.") var what: [String]
    @OptionGroup var gateway: GatewayOptions

    func run() async throws {
        let client = gateway.look
        let why = try await client.why(try await RecordingLookup(client: client, now: WallTime.now).name(of: what.joined(separator: " ")))
        let report = gateway.report
        if gateway.json { try report.json([why]) } else { try Self.tell(why, report) }
        let status = Self.status(why)
        if status != .fine { throw CommandEnd(status) }
    }

    static func status(_ why: WhyMessage) -> ExitStatus {
        if why.needsPerson { return .needsPerson }
        switch why.state.known {
        case .listed, .pulling, .stored, .contested: return .waiting
        case .proven: return why.jobs.contains { [.ready, .leased, .held].contains($0.state.known) } ? .waiting : .fine
        case .deletedOnCard, .lostOnCard, .releasedElsewhere: return .fine
        case .disputed, .unreadable, .missing, .vanished: return .needsPerson
        case nil: return .waiting
        }
    }

    private static func tell(_ why: WhyMessage, _ report: Report) throws {
        var title = "\(Shown.text(why.ref))  \(Shown.text(why.state.description))"
        if let recording = why.recording { title += (recording.size > 0 ? "  \(Shown.size(recording.size))" : "") + "  \(recording.id)" }
        try report.line(title)
        try report.line(Shown.text(why.answer))
        try report.line("Next: \(Shown.text(why.next))")
        if !why.steps.isEmpty {
            try report.line()
            var table = TextTable([.init(title: "when"), .init(title: "what"), .init(title: "how", givesWay: true)])
            for step in why.steps { table.add([Shown.time(step.at), Shown.text(step.what), Shown.text(step.detail)]) }
            try report.table(table)
        }
        if !why.jobs.isEmpty {
            try report.line()
            var table = TextTable([
                .init(title: "queue"), .init(title: "state"), .init(title: "attempt"), .init(title: "since"), .init(title: "why", givesWay: true),
            ])
            for job in why.jobs {
                table.add([
                    Shown.text(job.queue), Shown.text(job.state.description), "\(job.attempt) of \(job.of)", Shown.time(job.changed),
                    Shown.text(job.reason),
                ])
            }
            try report.table(table)
        }
        for delivery in why.deliveries {
            try report.line()
            try report.line("\(Shown.time(delivery.at))  \(Shown.text(delivery.destination)) holds \(Shown.text(delivery.object))")
            try report.line("                \(Shown.size(delivery.size)), SHA-256 \(delivery.sha256)")
        }
    }
}
