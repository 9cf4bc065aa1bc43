internal import APIClient
internal import ArgumentParser
internal import GatewayAPI
internal import Glibc
internal import Recordings

/// `earshot access [WHAT]`
struct AccessCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "access", abstract: "Who listened, paired and changed what, and when: the newest first.",
        discussion: """
            WHAT is a card, which its recordings belong to, or one recording: anna/214, an id or its beginning, or "anna yesterday 15:00". \
            The log only grows.
            """)

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
        let names = try await Self.names(of: Set(found.map(\.subject)), client)
        var table = TextTable([
            .init(title: "when"), .init(title: "who"), .init(title: "what"), .init(title: "of"), .init(title: "", givesWay: true),
        ])
        for access in found {
            table.add([
                Shown.fullTime(access.at), Shown.text(Self.name(access.who)), Shown.text(access.what),
                Shown.text(names[access.subject] ?? access.subject),
                Shown.text(access.detail),
            ])
        }
        try gateway.report.table(table)
    }

    /// What people call them: `anna`, `anna/9`. What has no name any more keeps its id.
    private static func names(of subjects: Set<String>, _ client: GatewayClient) async throws -> [String: String] {
        var names = Dictionary(
            try await client.cards(forgotten: true).items.map { ($0.id.description, $0.name) }, uniquingKeysWith: { first, _ in first })
        for subject in subjects where RecordingID(subject) != nil {
            do {
                names[subject] = try await client.recording(subject).ref
            } catch let error as APIError where error.problem?.code.known == .notFound {}
        }
        return names
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
