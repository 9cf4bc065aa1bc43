internal import APIClient
internal import ArgumentParser
internal import GatewayAPI
internal import Glibc
internal import Recordings

/// `earshot access [WHAT]`
struct AccessCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "access", abstract: "Who listened, paired and changed what, and when: the newest first.",
        discussion: "WHAT is a card, or a recording: anna/214, an id or its beginning, or \"anna yesterday 15:00\". The log only grows.")

    @Argument(help: "A card, or a recording.") var what: String?
    @Option(help: "At or after: today, yesterday, 2026-11-23, 7d, or RFC 3339.") var since: String?
    @Option(help: "Before.") var until: String?
    @Flag(help: "Only who listened.") var audio = false
    @Option(help: "At most so many.") var limit = 100
    @OptionGroup var gateway: GatewayOptions

    func validate() throws {
        guard (1...100_000).contains(limit) else { throw ValidationError("--limit is 1 to 100000.") }
    }

    func run() async throws {
        let (client, now) = (gateway.control, WallTime.now)
        var query = AccessQuery(
            since: try WallTime.moment(since, "--since", now: now), until: try WallTime.moment(until, "--until", now: now),
            what: audio ? "audio.*" : nil)
        if let what {
            let isRecording = what.contains("/") || what.contains(" ") || what.hasPrefix("rec_")
            if isRecording { query.recording = try await RecordingLookup(client: client, now: now).name(of: what) } else { query.card = what }
        }
        var found: [AccessMessage] = []
        var cursor: String?
        repeat {
            let page = try await client.accesses(query, limit: min(500, limit - found.count), cursor: cursor)
            found += page.items
            cursor = page.next
        } while cursor != nil && found.count < limit
        guard !gateway.json else { return try gateway.report.json(found) }
        guard !found.isEmpty else { return try gateway.report.line("Nothing was noted.") }
        var table = TextTable([
            .init(title: "when"), .init(title: "who"), .init(title: "what"), .init(title: "of", givesWay: true), .init(title: "", givesWay: true),
        ])
        for access in found {
            table.add([
                Shown.fullTime(access.at), Shown.text(Self.name(access.who)), Shown.text(access.what), Shown.text(access.subject),
                Shown.text(access.detail),
            ])
        }
        try gateway.report.table(table)
    }

    /// `anna (uid 1000)` where this machine knows the name.
    static func name(_ who: String) -> String {
        guard who.hasPrefix("uid:"), let user = uid_t(who.dropFirst(4)) else { return who }
        var entry = unsafe passwd()
        var found: UnsafeMutablePointer<passwd>?
        var buffer = [CChar](repeating: 0, count: 4096)
        let size = buffer.count
        guard unsafe getpwuid_r(user, &entry, &buffer, size, &found) == 0, unsafe found != nil, let name = unsafe entry.pw_name else {
            return who
        }
        return unsafe String(cString: name)
    }
}
