internal import Recordings

/// Recordings and their proof.
enum RecordingSchemas {
    static let all: [(name: String, schema: Schema)] = [
        ("Recording", recording), ("Import", imported), ("Why", why), ("WhyStep", whyStep), ("Receipt", receipt), ("MissingPiece", missingPiece),
        ("Delivery", delivery),
        ("Audit", audit), ("AuditCard", auditCard), ("AuditException", auditException), ("Annotation", annotation),
    ]

    private static let recording = Schema.object([
        .must("id", .id("rec")), .must("ref", .text), .must("key", .text),
        .must("state", .words(RecordingState.allCases.map(\.rawValue))), .may("cause", .text), .must("kind", .text),
        .may("started", .time), .must("clock", .words(ClockTrust.allCases.map(\.rawValue))), .must("duration_ms", .count),
        .must("size", .count), .must("durable", .count), .must("type", .text), .may("imported", .reference("Import")), .may("sha256", .sha256),
        .must("marks", .count),
        .must("card", .reference("CardReference")), .may("holder", .reference("Holder")), .may("stored", .time),
        .may("proven", .time), .may("delivered", .time), .must("others", .list(.id("rec"))), .may("audio", .text),
        .must("annotations", .list(.text)), .must("artifacts", .list(.text)),
    ])

    private static let imported = Schema.object([
        .must("file", .text), .may("started_from", .words(StartSource.allCases.map(\.rawValue))), .must("at", .time),
    ])

    private static let why = Schema.object([
        .must("ref", .text), .must("state", .words(RecordingState.allCases.map(\.rawValue))), .must("answer", .text),
        .must("next", .text), .must("needs_person", .flag), .may("recording", .reference("Recording")),
        .must("steps", .list(.reference("WhyStep"))), .must("jobs", .list(.reference("Job"))),
        .must("deliveries", .list(.reference("Delivery"))), .must("conditions", .list(.reference("Condition"))),
    ])

    private static let whyStep = Schema.object([
        .must("at", .time), .must("what", .text), .must("detail", .text),
    ])

    private static let receipt = Schema.object([
        .must("recording", .id("rec")), .must("ref", .text), .must("key", .text), .must("gateway", .id("gw")),
        .must("card", .reference("CardReference")), .must("state", .words(RecordingState.allCases.map(\.rawValue))),
        .may("started", .time), .may("listed_size", .count), .may("listed_sha256_prefix", .text), .may("size", .count),
        .may("sha256", .sha256), .may("stored", .time), .may("release_answer", .text), .may("release_answered", .time),
        .may("proven", .time), .must("deliveries", .list(.reference("Delivery"))),
        .must("missing", .list(.reference("MissingPiece"))),
    ])

    private static let missingPiece = Schema.object([
        .must("kind", .words(AuditException.Kind.allCases.map(\.rawValue))), .must("what", .text), .must("needs_person", .flag),
    ])

    private static let delivery = Schema.object([
        .must("recording", .id("rec")), .must("destination", .text), .must("object", .text), .must("sha256", .sha256),
        .must("size", .count), .must("at", .time),
    ])

    private static let audit = Schema.object([
        .may("since", .time), .may("until", .time), .must("cards", .list(.reference("AuditCard"))),
        .must("exceptions", .list(.reference("AuditException"))), .may("next", .text), .must("waiting", .count),
        .must("explained", .count), .must("unexplained", .count),
    ])

    private static let auditCard = Schema.object([
        .must("card", .reference("CardReference")), .must("generation", .text), .may("seen", .time), .must("started", .count),
        .must("held", .count), .must("delivered", .count), .must("undated", .count), .must("events", .count),
        .must("events_held", .count), .must("waiting", .count), .must("explained", .count), .must("unexplained", .count),
    ])

    private static let auditException = Schema.object([
        .must("card", .id("card")), .must("what", .text), .may("recording", .id("rec")),
        .must("kind", .words(AuditException.Kind.allCases.map(\.rawValue))), .must("cause", .text), .must("count", .count),
    ])

    private static let annotation = Schema.object([
        .must("name", .text), .must("version", .count), .must("by", .text), .must("at", .time), .may("value", .any),
    ])
}
