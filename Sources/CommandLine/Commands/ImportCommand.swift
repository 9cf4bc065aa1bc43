internal import APIClient
internal import ArgumentParser
internal import EventLoop
internal import FoundationEssentials
internal import GatewayAPI
internal import Glibc
internal import Importing
internal import Recordings
internal import Workers

/// `earshot import FILE|FOLDER…`
struct ImportCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "import", abstract: "Bring recordings in as files: they go the same way as those from a card.",
        discussion: """
            \(AudioFormat.names) are taken, by what they are and not by their names; of a folder all that is below it, but no links and nothing \
            hidden. Files are only read. The same bytes are the same recording: said again it brings what is missing.
            When a recording began is taken from --at, else from the file (a card's or CREATION_TIME of Opus, bext of WAV), else from its name \
            (2026-11-23 09.14.01), else from when it was last written.
            Exit status: 0 all are here, 1 some could not be taken; the table says which and why.
            """)

    @Argument(help: "Files and folders.") var what: [String]
    @Option(help: "Whose they are: a holder's id.") var holder: String?
    @Option(help: "When it began: today, yesterday 15:00, 2026-11-23 9:14, or RFC 3339. For one file.") var at: String?
    @Option(help: "conversation, call or memo.") var kind: String?
    @Flag(help: "Only show what would be imported.") var dryRun = false
    @OptionGroup var gateway: GatewayOptions

    func validate() throws {
        guard !what.isEmpty else { throw ValidationError("Name the files or folders to import.") }
        if let kind, !["conversation", "call", "memo"].contains(kind) { throw ValidationError("--kind is conversation, call or memo.") }
    }

    func run() async throws {
        let client = gateway.control
        let now = WallTime.now
        let files = try FileThread(name: "import")
        let found = await files.perform { [what] in ImportList(what) }
        var wish = Importer.Wish()
        (wish.holder, wish.kind, wish.started, wish.isDry) = (holder, kind, try WallTime.moment(at, "--at", now: now), dryRun)
        if wish.started != nil, found.files.count != 1 {
            throw CommandEnd(.usage, "--at is when one file began; \(found.files.count) are named. Import them one by one.")
        }
        if let holder, try await !client.holders().items.contains(where: { $0.id == holder }) {
            throw CommandEnd(
                .failed, "There is no holder \(Shown.text(holder)). earshot holders lists them; earshot cards import adds those of a list.")
        }
        var summary = ImportSummary(isDry: dryRun, problems: found.problems)
        do {
            try await bring(found.files, wish, Importer(client, on: files), files, &summary)
        } catch {
            // What was done stays done, and is shown.
            try show(summary)
            throw error
        }
        try show(summary)
        if summary.hasFailures { throw CommandEnd(.failed) }
    }

    private func bring(
        _ found: [ImportList.Item], _ wish: Importer.Wish, _ importer: Importer, _ files: FileThread, _ summary: inout ImportSummary
    ) async throws {
        let bar = ProgressBar(on: .error, total: found.count)
        defer { bar.clear() }
        for item in found {
            do {
                let file = try await files.perform { () throws -> SoundFile in
                    try SoundFile(item.file.name, in: try Directory.open(path: item.file.folder))
                }
                if case .other(let what) = file.kind, !item.isWanted {
                    summary.add(item, .leftOut("no recording: \(what)"))
                } else {
                    bar.begin(Shown.text(item.file.name), bytes: file.status.size)
                    summary.add(item, .of(try await importer.bring(file, wish) { bar.step(to: $0) }))
                }
            } catch let error as APIError where Importer.isOfOneFile(error) {
                summary.add(item, .failed(error.detail))
            } catch let error as SystemError {
                summary.add(item, .failed(error.description))
            } catch let error as SoundFile.NoFile {
                summary.add(item, .failed(error.description))
            } catch let error as SoundFile.Changed {
                summary.add(item, .failed(error.description))
            }
            bar.end()
        }
    }

    private func show(_ summary: ImportSummary) throws {
        if gateway.json { return try gateway.report.json(summary.rows) }
        if !summary.rows.isEmpty { try gateway.report.table(summary.table) }
        try gateway.report.line(summary.line)
    }
}

/// The files that somebody named, and those of folders that were named.
struct ImportList: Sendable {
    struct Item: Sendable {
        let file: FolderWalk.Found
        /// As it is shown.
        let path: String
        /// Somebody named it, or it is called like a recording: that it is none has to be said as a failure.
        let isWanted: Bool
    }

    private static let endings: Set<String> = ["opus", "ogg", "oga", "wav", "wave", "bwf", "flac", "mp3", "m4a", "m4b", "aac", "mp4", "amr", "wma"]

    private(set) var files: [Item] = []
    /// By the path that could not be read.
    private(set) var problems: [String] = []

    /// Reads folders. Links that are named are followed.
    init(_ what: [String]) {
        for path in what {
            guard let whole = unsafe realpath(path, nil) else {
                problems.append(SystemError("realpath", path: path).description)
                continue
            }
            defer { unsafe free(whole) }
            let resolved = unsafe String(cString: whole)
            let parts = resolved.split(separator: "/", omittingEmptySubsequences: true)
            let parent = "/" + parts.dropLast().joined(separator: "/")
            do {
                guard let name = parts.last.map(String.init), try Directory.open(path: parent).status(of: name)?.kind != .folder else {
                    take(folder: resolved, shownAs: path)
                    continue
                }
                files.append(Item(file: FolderWalk.Found(folder: parent, name: name), path: path, isWanted: true))
            } catch { problems.append(error.description) }
        }
    }

    private mutating func take(folder: String, shownAs path: String) {
        let walk = FolderWalk(folder)
        problems += walk.problems
        files += walk.files.map { found in
            let ending = found.name.split(separator: ".").last.map { $0.lowercased() } ?? ""
            return Item(file: found, path: path + found.path.dropFirst(folder.utf8.count), isWanted: Self.endings.contains(ending))
        }
    }
}
