internal import APIClient
internal import ArgumentParser
internal import GatewayAPI
internal import Recordings

/// `earshot forget CARD`
struct ForgetCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "forget", abstract: "Remove a card: its bond goes, its recordings stay.",
        discussion: "Shows first what is removed, and asks. Exit status 4: nobody answered, nothing was removed.")

    @Argument(help: "Name, id or serial number.") var card: String
    @Flag(help: "Do not ask.") var yes = false
    @OptionGroup var gateway: GatewayOptions

    func run() async throws {
        let client = gateway.control
        let found = try await client.card(card)
        guard found.forgotten == nil else { throw CommandEnd(.failed, "\(Shown.text(found.name)) was forgotten already.") }
        if !gateway.json { for line in Self.before(found) { try gateway.report.line(line) } }
        try await Asker.confirm("Forget \(Shown.text(found.name))?", yes: yes, nothing: "nothing was removed")
        // By its id: a name may be another card's by now.
        let forgotten = try await client.forgetCard(found.id.description)
        if gateway.json { return try gateway.report.json([forgotten]) }
        for line in Self.after(forgotten) { try gateway.report.line(line) }
    }

    static func before(_ card: CardMessage) -> [String] {
        var lines = [
            "\(Shown.text(card.name))  \(card.serial)  \(Shown.text(card.address))",
            "  carried by     \(Shown.text(card.holder?.name))",
            "  held here      \(card.held) recordings: they stay, and so does their history",
        ]
        if card.waiting > 0 {
            lines.append("  ! not pulled   \(card.waiting) recordings that are on the card only: they come only after it is paired again")
        }
        return lines
    }

    static func after(_ message: ForgottenMessage) -> [String] {
        let card = message.card
        var lines = ["\(Shown.text(card.name)) is forgotten."]
        if message.bond.known == .outOfReach {
            lines.append("  The adapter that knew it is not there. Should it come back, its bond is not used: bluetoothctl remove takes it away.")
        }
        let lost = card.waiting > 0 ? " \(card.waiting) were not pulled." : ""
        return lines + [
            "  On the card: it still has its side of the bond, which does no harm. To hand it to somebody else, remove the bond in its",
            "  menu, or reset it: a factory reset erases its bonds, its owner and every recording on it.\(lost)",
            "  Back again: earshot pair \(Shown.text(card.name))",
        ]
    }
}
