/// Every route that is served.
package enum Routes {
    package static let health = Route(.get, "/healthz", .open)
    package static let metrics = Route(.get, "/metrics", .needs(.read))
    package static let openAPI = Route(.get, "/v1/openapi.json", .needs(.read))
    package static let status = Route(.get, "/v1/status", .needs(.read))
    package static let configuration = Route(.get, "/v1/configuration", .needs(.read))
    package static let reloadConfiguration = Route(.post, "/v1/configuration/reload", .needs(.admin))

    package static let cards = Route(.get, "/v1/cards", .needs(.read))
    package static let card = Route(.get, "/v1/cards/{card}", .needs(.read))
    package static let renameCard = Route(.patch, "/v1/cards/{card}", .needs(.cards))
    package static let forgetCard = Route(.delete, "/v1/cards/{card}", .needs(.cards))
    package static let assignCard = Route(.put, "/v1/cards/{card}/holder", .needs(.cards))
    package static let cardScreen = Route(.post, "/v1/cards/{card}/screen", .needs(.screen))
    package static let cardIdentify = Route(.post, "/v1/cards/{card}/identify", .needs(.cards))
    package static let cardRecord = Route(.post, "/v1/cards/{card}/record", .needs(.record))
    package static let holders = Route(.get, "/v1/holders", .needs(.read))
    package static let putHolder = Route(.put, "/v1/holders/{holder}", .needs(.cards))
    package static let addHolder = Route(.post, "/v1/holders", .needs(.cards))

    package static let owner = Route(.get, "/v1/owner", .needs(.admin))
    package static let ownerKey = Route(.get, "/v1/owner/key", .needs(.admin))
    package static let importOwner = Route(.put, "/v1/owner", .needs(.admin))
    package static let rotateOwner = Route(.post, "/v1/owner/rotate", .needs(.admin))

    package static let pair = Route(.post, "/v1/pairings", .needs(.pair))
    package static let pairingEvents = Route(.get, "/v1/pairings/{pairing}/events", .needs(.pair))
    package static let pairingAnswer = Route(.post, "/v1/pairings/{pairing}/answer", .needs(.pair))
    package static let cancelPairing = Route(.delete, "/v1/pairings/{pairing}", .needs(.pair))

    package static let recordings = Route(.get, "/v1/recordings", .needs(.read))
    package static let importRecording = Route(.post, "/v1/recordings", .needs(.import))
    package static let findImport = Route(.get, "/v1/imports/{sha256}", .needs(.import))
    package static let recording = Route(.get, "/v1/recordings/{recording}", .needsOrLease(.read))
    package static let audio = Route(.get, "/v1/recordings/{recording}/audio", .needsOrLease(.audio))
    package static let why = Route(.get, "/v1/recordings/{recording}/why", .needs(.read))
    package static let receipt = Route(.get, "/v1/recordings/{recording}/receipt", .needs(.read))
    package static let artifact = Route(.get, "/v1/recordings/{recording}/artifacts/{name}", .needsOrLease(.audio))
    package static let annotation = Route(.get, "/v1/recordings/{recording}/annotations/{name}", .needsOrLease(.read))
    package static let putAnnotation = Route(.put, "/v1/recordings/{recording}/annotations/{name}", .annotationInPath)
    package static let audit = Route(.get, "/v1/audit", .needs(.read))
    package static let auditExceptions = Route(.get, "/v1/audit/exceptions", .needs(.read))
    package static let receipts = Route(.get, "/v1/receipts", .needs(.read))

    package static let accesses = Route(.get, "/v1/accesses", .needs(.admin))

    package static let events = Route(.get, "/v1/events", .needs(.events))
    package static let activity = Route(.get, "/v1/activity", .needs(.read))

    package static let queues = Route(.get, "/v1/queues", .needs(.read))
    package static let lease = Route(.post, "/v1/queues/{queue}/lease", .queueInPath)
    package static let jobs = Route(.get, "/v1/jobs", .needs(.read))
    package static let job = Route(.get, "/v1/jobs/{job}", .needs(.read))
    package static let extendJob = Route(.post, "/v1/jobs/{job}/extend", .queueOfJob)
    package static let finishJob = Route(.post, "/v1/jobs/{job}/done", .queueOfJob)
    package static let failJob = Route(.post, "/v1/jobs/{job}/failed", .queueOfJob)
    package static let retryJob = Route(.post, "/v1/jobs/{job}/retry", .needs(.admin))
    package static let putArtifact = Route(.put, "/v1/jobs/{job}/artifacts/{name}", .queueOfJob)
    package static let deliveries = Route(.get, "/v1/deliveries", .needs(.read))

    package static let all: [Route] = [
        health, status, configuration, reloadConfiguration, cards, card, renameCard, forgetCard, assignCard, cardScreen, cardIdentify, cardRecord,
        holders, addHolder, putHolder, owner, ownerKey, importOwner, rotateOwner, pair, pairingEvents,
        pairingAnswer, cancelPairing, recordings, importRecording, findImport, recording, audio, why, receipt, artifact, annotation, putAnnotation,
        audit,
        auditExceptions, receipts, accesses, metrics, openAPI,
        events, activity, queues, lease, jobs, job, extendJob, finishJob, failJob, retryJob, putArtifact, deliveries,
    ]
}
