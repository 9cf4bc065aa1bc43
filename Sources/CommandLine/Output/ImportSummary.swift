internal import GatewayAPI
internal import Importing
internal import Recordings

/// What became of each file.
struct ImportSummary {
    enum Result {
        case imported(RecordingMessage)
        case known(RecordingMessage)
        case new(StartOfFile)
        case leftOut(String)
        case failed(String)

        static func of(_ outcome: Importer.Outcome) -> Result {
            switch outcome {
            case .imported(let recording): .imported(recording)
            case .known(let recording): .known(recording)
            case .new(let start): .new(start)
            case .refused(let reason): .failed(reason)
            }
        }
    }

    struct Row: Encodable {
        let path: String
        /// `imported`, `known`, `new`, `left_out` or `failed`.
        let result: String
        let recording: RecordingMessage?
        let started: UTCTime?
        let startedFrom: String?
        let reason: String?

        enum CodingKeys: String, CodingKey {
            case path, result, recording, started, reason
            case startedFrom = "started_from"
        }
    }

    private let isDry: Bool
    private(set) var rows: [Row] = []
    private(set) var hasFailures = false

    init(isDry: Bool, problems: [String]) {
        self.isDry = isDry
        for problem in problems { add(problem, "failed", reason: problem) }
    }

    mutating func add(_ item: ImportList.Item, _ result: Result) {
        switch result {
        case .imported(let recording): add(item.path, "imported", recording)
        case .known(let recording): add(item.path, "known", recording)
        case .new(let start): add(item.path, "new", start: start)
        case .leftOut(let reason): add(item.path, "left_out", reason: reason)
        case .failed(let reason): add(item.path, "failed", reason: reason)
        }
    }

    private mutating func add(
        _ path: String, _ result: String, _ recording: RecordingMessage? = nil, start: StartOfFile? = nil, reason: String? = nil
    ) {
        hasFailures = hasFailures || result == "failed"
        rows.append(
            Row(
                path: path, result: result, recording: recording, started: recording?.started ?? start?.time,
                startedFrom: recording?.imported?.startedFrom?.description ?? start?.source.rawValue, reason: reason))
    }

    var table: TextTable {
        var table = TextTable([
            .init(title: "recording"), .init(title: "started"), .init(title: "by"), .init(title: "size", isNumber: true), .init(title: "file"),
            .init(title: "what", givesWay: true),
        ])
        for row in rows where row.path != row.reason {
            table.add([
                Shown.text(row.recording?.ref), Shown.time(row.started), Shown.text(row.startedFrom.map(Self.source)),
                row.recording.map { Shown.size($0.size) } ?? "–", Shown.text(row.path), Self.words(row),
            ])
        }
        return table
    }

    /// The last line, and before it what could not be looked at at all.
    var line: String {
        func count(_ result: String) -> Int { rows.count { $0.result == result } }
        let parts = [
            (count("imported"), "imported"), (count("new"), "would be imported"), (count("known"), "here already"),
            (count("failed"), "could not be taken"), (count("left_out"), "left out"),
        ].filter { $0.0 > 0 }.map { "\($0.0) \($0.1)" }
        let unread = rows.filter { $0.path == $0.reason }.map { Shown.text($0.path) + "\n" }.joined()
        return unread
            + (parts.isEmpty ? "There is nothing to import." : parts.joined(separator: ", ") + (isDry ? "; nothing was changed (--dry-run)." : "."))
    }

    private static func words(_ row: Row) -> String {
        switch row.result {
        case "imported": "imported"
        case "known": "here already, as \(Shown.text(row.recording?.imported?.file ?? row.recording?.ref))"
        case "new": "would be imported"
        default: Shown.text(row.reason)
        }
    }

    /// The word for a column.
    private static func source(_ name: String) -> String {
        switch StartSource(rawValue: name) {
        case .person: "--at"
        case .modified: "last written"
        case .file, .name, nil: name
        }
    }
}
