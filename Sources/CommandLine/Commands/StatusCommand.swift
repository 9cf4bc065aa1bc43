internal import APIClient
internal import ArgumentParser
internal import GatewayAPI
internal import Recordings

/// `earshot status`
struct StatusCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "status", abstract: "The box in one screen: radio, cards, queues, disk.")

    @OptionGroup var gateway: GatewayOptions

    func run() async throws {
        let client = gateway.look
        let status = try await client.status()
        let report = gateway.report
        guard !gateway.json else { return try report.json([status]) }
        let cards = try await client.cards().items
        try report.line("\(Shown.text(status.name))  Earshot \(Shown.text(status.version))  up since \(Shown.fullTime(status.started))")
        try report.line()
        for condition in status.conditions {
            try report.line("! \(Shown.text(condition.name)): \(Shown.text(condition.detail)) (since \(Shown.time(condition.since)))")
        }
        if let trouble = status.radioTrouble {
            try report.line("! \(Shown.text(trouble))")
        } else if status.adapters.isEmpty {
            try report.line("! No Bluetooth adapter is there.")
        }
        for adapter in status.adapters {
            try report.line("radio  \(Shown.text(adapter.name)) \(adapter.address)  \(Shown.text(adapter.state)), \(adapter.links) linked")
            if let trouble = adapter.trouble { try report.line("! \(Shown.text(trouble))") }
        }
        try report.line(
            "disk   \(Shown.size(status.disk.free)) free, \(Shown.size(status.disk.reserve)) of it in reserve"
                + (status.disk.free <= status.disk.reserve ? ": pulling stopped, the cards keep their copies" : ""))
        try report.line("held   " + Self.counts(status.recordings) + "; \(status.deliveries) delivered")
        if !cards.isEmpty {
            try report.line()
            try report.table(CardsCommand.table(cards))
            for line in CardFacts.lowBatteries(cards) { try report.line(line) }
        }
        if !status.queues.isEmpty {
            try report.line()
            try report.table(QueueCommand.table(status.queues))
        }
    }

    private static func counts(_ recordings: [String: Int]) -> String {
        let states = recordings.sorted { $0.key < $1.key }.map { "\($0.value) \(Shown.text($0.key))" }
        return states.isEmpty ? "no recordings yet" : states.joined(separator: ", ")
    }
}
