internal import Recordings

/// Events and work.
enum WorkSchemas {
    static let all: [(name: String, schema: Schema)] = [
        ("Event", event), ("Events", events), ("Activity", activity), ("Queue", queue), ("Job", job), ("LeaseRequest", leaseRequest),
        ("LeaseAnswer", leaseAnswer), ("LeasedJob", leasedJob), ("Lease", lease), ("ExtendRequest", extendRequest), ("Extended", extended),
        ("FailedRequest", failedRequest), ("Failed", failed), ("DoneRequest", doneRequest), ("FollowUp", followUp), ("ArtifactClaim", artifactClaim),
        ("DeliveryClaim", deliveryClaim), ("Done", done), ("AnnotationVersion", annotationVersion), ("Artifact", artifact),
    ]

    private static let event = Schema.object([
        .must("specversion", .words(["1.0"])), .must("id", .id("evt")), .must("source", .text), .must("type", .text),
        .may("subject", .id("rec")), .may("time", .time), .must("sequence", .text), .must("datacontenttype", .text),
        .must("data", .map(.any)),
    ])

    private static let events = Schema.object([
        .must("items", .list(.reference("Event"))), .must("after", .count),
    ])

    private static let activity = Schema.object([
        .must("at", .time), .may("card", .reference("CardReference")), .must("what", .text), .may("recording", .count),
        .may("offset", .count), .may("size", .count), .may("rssi", .integer), .may("reason", .text), .may("up_to", .count),
        .may("count", .count), .may("after_s", .number),
    ])

    private static let queue = Schema.object([
        .must("name", .text), .must("ready", .count), .must("leased", .count), .must("held", .count), .must("done", .count),
        .must("dead", .count), .may("oldest", .time),
    ])

    private static let job = Schema.object([
        .must("id", .id("job")), .must("queue", .text), .must("state", .words(JobState.allCases.map(\.rawValue))),
        .must("priority", .words(["low", "normal", "urgent"])), .must("key", .text), .must("attempt", .count), .must("of", .count),
        .may("recording", .id("rec")), .may("event", .id("evt")), .may("data", .any), .may("reason", .text), .may("worker", .text),
        .must("waits_ms", .count), .must("created", .time), .must("changed", .time),
    ])

    private static let leaseRequest = Schema.request([
        .may("max", .integer), .may("wait", .integer), .may("for_s", .integer), .may("worker", .text),
    ])

    private static let leaseAnswer = Schema.object([
        .must("jobs", .list(.reference("LeasedJob")))
    ])

    private static let leasedJob = Schema.object([
        .must("id", .id("job")), .must("queue", .text), .must("attempt", .count), .must("of", .count),
        .must("priority", .words(["low", "normal", "urgent"])), .must("key", .text), .must("lease", .reference("Lease")),
        .may("event", .reference("Event")), .may("recording", .reference("Recording")), .may("data", .any),
    ])

    private static let lease = Schema.object([
        .must("token", .text), .must("for_s", .count),
    ])

    private static let extendRequest = Schema.request([
        .must("lease", .text), .must("for_s", .integer),
    ])

    private static let extended = Schema.object([
        .must("for_s", .count)
    ])

    private static let failedRequest = Schema.request([
        .must("lease", .text), .must("reason", .text), .may("retry", .flag), .may("after_s", .integer),
    ])

    private static let failed = Schema.object([
        .must("state", .words(["ready", "dead"])), .must("waits_ms", .count),
    ])

    private static let doneRequest = Schema.request([
        .must("lease", .text), .may("annotations", .map(.any)), .may("screen", .reference("ScreenRequest")),
        .may("jobs", .list(.reference("FollowUp"))), .may("artifacts", .map(.reference("ArtifactClaim"))),
        .may("delivery", .reference("DeliveryClaim")), .may("usage", .any),
    ])

    private static let followUp = Schema.request([
        .must("queue", .text), .may("recording", .id("rec")), .may("priority", .words(["low", "normal", "urgent"], grows: false)),
        .may("data", .any),
    ])

    private static let artifactClaim = Schema.request([
        .must("sha256", .sha256), .must("size", .count), .must("type", .text),
    ])

    private static let deliveryClaim = Schema.request([
        .must("destination", .text), .must("object", .text), .must("sha256", .sha256), .must("size", .count),
    ])

    private static let done = Schema.object([
        .must("state", .words(["done"])), .must("annotations", .map(.reference("AnnotationVersion"))),
        .may("screen", .reference("Screen")), .must("jobs", .list(.id("job"))),
    ])

    private static let annotationVersion = Schema.object([
        .must("version", .count)
    ])

    private static let artifact = Schema.object([
        .must("name", .text), .must("sha256", .sha256), .must("size", .count),
    ])
}
