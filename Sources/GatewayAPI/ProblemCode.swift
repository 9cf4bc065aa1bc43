/// The stable codes of the API's errors. Codes are only ever added.
package enum ProblemCode: String, Sendable, Codable, CaseIterable {
    case badRequest = "bad_request"
    case unknownField = "unknown_field"
    case tokenMissing = "token_missing"
    case tokenUnknown = "token_unknown"
    case notAllowed = "not_allowed"
    case readOnly = "read_only"
    case notFound = "not_found"
    case ambiguous
    case methodNotAllowed = "method_not_allowed"
    case leaseLost = "lease_lost"
    case conflict
    case versionDiffers = "version_differs"
    case keyReused = "key_reused"
    case tooLarge = "too_large"
    case digestDiffers = "digest_differs"
    case configurationInvalid = "configuration_invalid"
    case rangeNotSatisfiable = "range_not_satisfiable"
    case mediaTypeUnknown = "media_type_unknown"
    case notHere = "not_here"
    case noRoom = "no_room"
    case radioUnavailable = "radio_unavailable"
    case cardOutOfReach = "card_out_of_reach"
    case cardRefused = "card_refused"
    case pairingPaused = "pairing_paused"
    case timedOut = "timed_out"
    case busy
    case stopping
    case failed

    /// The HTTP status it is sent with.
    package var status: Int {
        switch self {
        case .badRequest, .unknownField: 400
        case .tokenMissing, .tokenUnknown: 401
        case .notAllowed, .readOnly: 403
        case .notFound: 404
        case .methodNotAllowed: 405
        case .ambiguous, .leaseLost, .conflict, .cardRefused: 409
        case .notHere: 410
        case .versionDiffers: 412
        case .tooLarge: 413
        case .mediaTypeUnknown: 415
        case .rangeNotSatisfiable: 416
        case .keyReused, .digestDiffers, .configurationInvalid: 422
        case .busy, .pairingPaused: 429
        case .failed: 500
        case .radioUnavailable, .cardOutOfReach, .stopping: 503
        case .timedOut: 504
        case .noRoom: 507
        }
    }

    package var title: String {
        switch self {
        case .badRequest: "The request is not understood"
        case .unknownField: "The request has a field that is not known"
        case .tokenMissing: "A token is needed"
        case .tokenUnknown: "The token is not known"
        case .notAllowed: "The token does not allow this"
        case .readOnly: "This socket only reads"
        case .notFound: "Not found"
        case .ambiguous: "More than one thing is meant"
        case .methodNotAllowed: "The method is not offered here"
        case .leaseLost: "The lease ran out"
        case .conflict: "It is in another state"
        case .versionDiffers: "It was changed meanwhile"
        case .keyReused: "The idempotency key was used for something else"
        case .tooLarge: "Too large"
        case .digestDiffers: "The bytes are not those that were announced"
        case .configurationInvalid: "The configuration cannot be used"
        case .rangeNotSatisfiable: "The range is not in the file"
        case .mediaTypeUnknown: "The media type is not understood"
        case .notHere: "It is not here"
        case .noRoom: "No room on the disk"
        case .radioUnavailable: "The radio is not available"
        case .cardOutOfReach: "The card is out of reach"
        case .cardRefused: "The card refused"
        case .pairingPaused: "Too many pairings went wrong"
        case .timedOut: "It took too long"
        case .stopping: "The gateway stops"
        case .busy: "Too much at once"
        case .failed: "It failed here"
        }
    }
}
