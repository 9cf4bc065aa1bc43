internal import APIClient
internal import ArgumentParser
internal import GatewayAPI
internal import Recordings

/// `earshot queue`
struct QueueCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "queue", abstract: "Depth and age of the queues.", subcommands: [Dead.self, Retry.self])

    @OptionGroup var gateway: GatewayOptions

    func run() async throws {
        let queues = try await gateway.look.queues().items
        guard !gateway.json else { return try gateway.report.json(queues) }
        guard !queues.isEmpty else { return try gateway.report.line("Nothing was ever queued.") }
        try gateway.report.table(Self.table(queues))
    }

    static func table(_ queues: [QueueMessage]) -> TextTable {
        var table = TextTable([
            .init(title: "queue"), .init(title: "ready", isNumber: true), .init(title: "leased", isNumber: true),
            .init(title: "held", isNumber: true),
            .init(title: "dead", isNumber: true), .init(title: "done", isNumber: true), .init(title: "oldest"),
        ])
        for queue in queues {
            table.add([
                Shown.text(queue.name), "\(queue.ready)", "\(queue.leased)", "\(queue.held)", "\(queue.dead)", "\(queue.done)",
                Shown.time(queue.oldest),
            ])
        }
        return table
    }

    /// `earshot queue dead`
    struct Dead: AsyncParsableCommand {
        static let configuration = CommandConfiguration(commandName: "dead", abstract: "Jobs that were given up, and why.")

        @Option(help: "Only of recordings and presses of this person: a holder's id.") var holder: String?
        @OptionGroup var gateway: GatewayOptions

        func run() async throws {
            var table = TextTable([.init(title: "job"), .init(title: "queue"), .init(title: "since"), .init(title: "why", givesWay: true)])
            var cursor: String?
            var count = 0
            repeat {
                let page: ListMessage<JobMessage> = try await gateway.look.get(
                    Routes.jobs.path(query: ["state": "dead", "holder": holder, "cursor": cursor]))
                count += page.items.count
                if gateway.json { try gateway.report.json(page.items) }
                for job in page.items { table.add([job.id.description, Shown.text(job.queue), Shown.time(job.changed), Shown.text(job.reason)]) }
                cursor = page.next
            } while cursor != nil
            guard !gateway.json else { return }
            if count == 0 { try gateway.report.line("No job was given up.") } else { try gateway.report.table(table) }
        }
    }

    /// `earshot queue retry JOB`
    struct Retry: AsyncParsableCommand {
        static let configuration = CommandConfiguration(commandName: "retry", abstract: "Try a dead job again, from its first attempt.")

        @Argument(help: "The job's id, from `earshot queue dead` or `earshot why`.") var job: String
        @OptionGroup var gateway: GatewayOptions

        func run() async throws {
            let job = try await gateway.control.retry(job)
            if gateway.json {
                try gateway.report.json([job])
            } else {
                try gateway.report.line("\(job.id) waits in queue \(Shown.text(job.queue)) again.")
            }
        }
    }
}
