internal import Recordings

/// What is said of each route.
enum Operations {
    static let all: [Operation] = [
        Operation(Routes.health, "box", "200 when the ledger answers.", [.json(200, .reference("Health"))]),
        Operation(
            Routes.metrics, "box", "The box for Prometheus, in its text format 0.0.4; see docs/metrics.md.",
            [.other(200, "text/plain", .text)]),
        Operation(Routes.openAPI, "box", "This document.", [.json(200, .map(.any))]),
        Operation(
            Routes.status, "box", "Radio, cards, recordings by state, queues, disk, and what hinders the box.", [.json(200, .reference("Status"))]),
        Operation(
            Routes.configuration, "box", "What is configured, and the line of the file that each value comes from.",
            [.json(200, .reference("Configuration"))]),
        Operation(
            Routes.reloadConfiguration, "box",
            "Reads the file anew; links and sessions go on. A file that cannot be used changes nothing: configuration_invalid.",
            [.json(200, .reference("Reload"))]),
        Operation(Routes.cards, "cards", "The paired cards.", [.json(200, OpenAPI.page("Card"))], query: [("forgotten", .flag)]),
        Operation(Routes.card, "cards", "A card.", [.json(200, .reference("Card"))]),
        Operation(Routes.renameCard, "cards", "Gives a card another name.", [.json(200, .reference("Card"))], request: .json("RenameCard")),
        Operation(Routes.forgetCard, "cards", "Removes the card's bond; recordings and history stay.", [.json(200, .reference("Forgotten"))]),
        Operation(
            Routes.assignCard, "cards", "Who carries the card from a time on; null: nobody.", [.json(200, .reference("Card"))],
            request: .json("AssignCard")),
        Operation(
            Routes.cardScreen, "cards", "A text for its screen; it waits for the card for up to 15 minutes.", [.json(201, .reference("Screen"))],
            request: .json("ScreenRequest"), headers: .repeat),
        Operation(
            Routes.cardIdentify, "cards", "Light and sound.", [.json(200, .reference("CardAction"))], request: .json("IdentifyRequest"),
            headers: .repeat),
        Operation(
            Routes.cardRecord, "cards", "Starts, stops or marks a recording over the link that stands or comes within 30 s.",
            [.json(200, .reference("CardAction"))], request: .json("RecordRequest"), headers: .repeat),
        Operation(Routes.holders, "cards", "The people who carry cards.", [.json(200, OpenAPI.page("Holder"))]),
        Operation(Routes.addHolder, "cards", "Adds a person.", [.json(201, .reference("Holder"))], request: .json("AddHolder"), headers: .repeat),
        Operation(
            Routes.putHolder, "cards", "Adds a person, or brings name and groups up to date.", [.json(200, .reference("Holder"))],
            request: .json("PutHolder")),
        Operation(Routes.owner, "cards", "The owner key's fingerprint, and the cards that wait for it.", [.json(200, .reference("Owner"))]),
        Operation(Routes.ownerKey, "cards", "The owner key itself.", [.json(200, .reference("OwnerKey"))]),
        Operation(
            Routes.importOwner, "cards", "Takes an owner key that was exported.", [.json(200, .reference("Owner"))], request: .json("ImportOwner")),
        Operation(
            Routes.rotateOwner, "cards", "Makes a new owner key; each card gets it when it is met.", [.json(200, .reference("Owner"))]),
        Operation(
            Routes.pair, "pairing", "Opens the pairing window.", [.json(201, .reference("Pairing"))], request: .json("PairRequest"), headers: .repeat),
        Operation(Routes.pairingEvents, "pairing", "What happens in it, from its beginning, as server-sent events.", [.stream("PairingEvent")]),
        Operation(Routes.pairingAnswer, "pairing", "Answers the question that is open.", [.nothing], request: .json("PairingAnswer")),
        Operation(Routes.cancelPairing, "pairing", "Ends the window.", [.nothing]),
        Operation(
            Routes.recordings, "recordings", "In the order in which they became known.", [.json(200, OpenAPI.page("Recording"))],
            query: [
                ("card", .text), ("holder", .text), ("since", .time), ("until", .time), ("kind", .text), ("state", .text), ("limit", .count),
                ("cursor", .text),
            ]),
        Operation(
            Routes.importRecording, "recordings",
            "Brings a recording as a file, in the body: \(AudioFormat.names), up to 4 GiB. 200 with the recording that has these bytes already.",
            [.json(200, .reference("Recording")), .json(201, .reference("Recording"))],
            query: [("file", .text), ("holder", .text), ("kind", .text), ("started", .time), ("started_from", .start)], request: .bytes,
            headers: .digest),
        Operation(
            Routes.findImport, "recordings", "The recording that has these bytes, 64 hexadecimal digits; 404 when an import of them would be new.",
            [.json(200, .reference("Recording"))]),
        Operation(Routes.recording, "recordings", "A recording.", [.json(200, .reference("Recording"))]),
        Operation(
            Routes.audio, "recordings", "Its bytes; Range and ETag. 202 while the WAV is still to come.",
            [
                .other(200, "audio/ogg", .binary), .other(200, "audio/wav", .binary), .other(200, "audio/flac", .binary),
                .other(200, "audio/mpeg", .binary), .other(200, "audio/mp4", .binary), .other(206, "audio/ogg", .binary),
                .other(206, "audio/wav", .binary), .other(206, "audio/flac", .binary), .other(206, "audio/mpeg", .binary),
                .other(206, "audio/mp4", .binary), .json(202, .reference("Job")), .empty(304),
            ],
            query: [("format", .format)]),
        Operation(Routes.why, "recordings", "Where it is, what happens next, and each step.", [.json(200, .reference("Why"))]),
        Operation(Routes.receipt, "recordings", "What was proven of it, and what is missing.", [.json(200, .reference("Receipt"))]),
        Operation(
            Routes.artifact, "recordings", "A file that a worker made of it; Range and ETag.",
            [.other(200, "*/*", .binary), .other(206, "*/*", .binary), .empty(304)]),
        Operation(
            Routes.annotation, "recordings", "The newest version of an annotation; its ETag is the number.", [.json(200, .reference("Annotation"))]),
        Operation(
            Routes.putAnnotation, "recordings", "Writes the next version: any JSON.",
            [.json(200, .reference("Annotation")), .json(201, .reference("Annotation"))], request: .any, headers: .versions),
        Operation(
            Routes.audit, "recordings", "Started = held = delivered, or each exception with its cause (the first 500).",
            [.json(200, .reference("Audit"))], query: [("since", .time), ("until", .time), ("card", .text), ("holder", .text)]),
        Operation(
            Routes.auditExceptions, "recordings", "All exceptions, by page.", [.json(200, OpenAPI.page("AuditException"))],
            query: [("since", .time), ("until", .time), ("card", .text), ("holder", .text), ("limit", .count), ("cursor", .text)]),
        Operation(
            Routes.receipts, "recordings", "The receipts of what that audit counts, by page.", [.json(200, OpenAPI.page("Receipt"))],
            query: [("since", .time), ("until", .time), ("card", .text), ("holder", .text), ("limit", .count), ("cursor", .text)]),
        Operation(
            Routes.accesses, "recordings", "Who listened, paired and changed, the newest first.", [.json(200, OpenAPI.page("Access"))],
            query: [
                ("since", .time), ("until", .time), ("recording", .text), ("card", .text), ("who", .text), ("what", .text), ("limit", .count),
                ("cursor", .text),
            ]),
        Operation(
            Routes.events, "events", "The event log, by long poll; a stream where the caller accepts text/event-stream.",
            [.json(200, .reference("Events")), .stream("Event")],
            query: [("types", .text), ("card", .text), ("holder", .text), ("after", .count), ("wait", .wait), ("limit", .count)]),
        Operation(Routes.activity, "events", "What goes on right now, as server-sent events; not durable, not replayed.", [.stream("Activity")]),
        Operation(Routes.queues, "work", "Depth and age of each queue.", [.json(200, OpenAPI.page("Queue"))]),
        Operation(
            Routes.lease, "work", "Jobs, or 204 when there was nothing for `wait` seconds.", [.json(200, .reference("LeaseAnswer")), .nothing],
            request: .json("LeaseRequest")),
        Operation(
            Routes.jobs, "work", "Jobs.", [.json(200, OpenAPI.page("Job"))],
            query: [("queue", .text), ("state", .job), ("holder", .text), ("limit", .count), ("cursor", .text)]),
        Operation(Routes.job, "work", "A job.", [.json(200, .reference("Job"))]),
        Operation(
            Routes.extendJob, "work", "The lease lasts so long from now on.", [.json(200, .reference("Extended"))], request: .json("ExtendRequest")),
        Operation(Routes.finishJob, "work", "Results, in one step.", [.json(200, .reference("Done"))], request: .json("DoneRequest")),
        Operation(Routes.failJob, "work", "Try again later, or bury it.", [.json(200, .reference("Failed"))], request: .json("FailedRequest")),
        Operation(Routes.retryJob, "work", "A dead job from its first attempt.", [.json(200, .reference("Job"))]),
        Operation(
            Routes.putArtifact, "work", "A file, before `done` names it.", [.json(201, .reference("Artifact"))], request: .bytes, headers: .artifact),
        Operation(
            Routes.deliveries, "work", "The copies that destinations confirmed, for a page of recordings.", [.json(200, OpenAPI.page("Delivery"))],
            query: [
                ("card", .text), ("holder", .text), ("since", .time), ("until", .time), ("kind", .text), ("state", .text), ("limit", .count),
                ("cursor", .text),
            ]),
    ]
}
