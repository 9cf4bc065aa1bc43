/// The box, its metrics apart.
enum BoxSchemas {
    static let all: [(name: String, schema: Schema)] = [
        ("Problem", problem), ("Health", health), ("Status", status), ("Adapter", adapter), ("Disk", disk), ("Condition", condition),
        ("Configuration", configuration), ("Setting", setting), ("Reload", reload), ("Restart", restart), ("Access", access),
    ]

    private static let problem = Schema.object([
        .must("type", .text), .must("title", .text), .must("status", .integer),
        .must("code", .words(ProblemCode.allCases.map(\.rawValue))), .must("detail", .text), .must("fix", .text),
    ])

    private static let health = Schema.object([
        .must("status", .words(["ok"]))
    ])

    private static let status = Schema.object([
        .must("gateway", .id("gw")), .must("name", .text), .must("version", .text), .must("now", .time), .must("started", .time),
        .must("time_zone", .text), .must("adapters", .list(.reference("Adapter"))), .may("radio_trouble", .text),
        .must("cards", .count), .must("recordings", .map(.count)), .must("deliveries", .count),
        .must("queues", .list(.reference("Queue"))), .must("disk", .reference("Disk")),
        .must("conditions", .list(.reference("Condition"))), .must("last_event", .count),
    ])

    private static let adapter = Schema.object([
        .must("address", .text), .must("name", .text),
        .must("state", .words(["scanning", "connecting", "recovering", "idle", "off", "gone"])), .must("links", .count),
        .may("trouble", .text),
    ])

    private static let disk = Schema.object([
        .must("free", .count), .must("reserve", .count),
    ])

    private static let condition = Schema.object([
        .must("name", .text), .must("detail", .text), .must("since", .time),
    ])

    private static let configuration = Schema.object([
        .may("file", .text), .must("read", .time), .must("settings", .list(.reference("Setting"))), .must("waiting", .list(.text)),
        .may("refused", .text),
    ])

    private static let setting = Schema.object([
        .must("key", .text), .must("value", .text), .may("line", .count), .may("variable", .text),
    ])

    private static let reload = Schema.object([
        .must("changed", .list(.text)), .must("restart", .list(.reference("Restart"))),
    ])

    private static let restart = Schema.object([
        .must("unit", .text), .must("keys", .list(.text)),
    ])

    private static let access = Schema.object([
        .must("sequence", .count), .must("at", .time), .must("who", .text), .must("what", .text), .must("subject", .text),
        .must("detail", .text),
    ])
}
