internal import APIClient
internal import GatewayAPI
internal import Recordings

/// Finds the recording that somebody means: `anna/214`, an id or its beginning, or `anna yesterday 15:00`.
struct RecordingLookup {
    let client: GatewayClient
    let now: UTCTime

    /// The name that the API takes.
    func name(of what: String) async throws -> String {
        guard let space = what.firstIndex(of: " ") else { return what }
        let card = String(what[..<space])
        guard let moment = MomentInWords(what[what.index(after: space)...], now: now) else {
            throw CommandEnd(.usage, "\(Shown.text(what)) is not understood. Name a recording anna/214, by its id, or \"anna yesterday 15:00\".")
        }
        let from = moment.time.advanced(by: -max(moment.span, 12 * 3_600_000))
        let found = try await client.recordings(card: card, since: from, until: moment.time.advanced(by: max(moment.span, 60_000)), limit: 500).items
        let fitting = found.filter { recording in
            guard let started = recording.started else { return false }
            let ended = started.advanced(by: Int64(recording.durationMilliseconds))
            return started < moment.time.advanced(by: max(moment.span, 1)) && ended >= moment.time
        }
        switch fitting.count {
        case 0: throw CommandEnd(.failed, "\(Shown.text(card)) recorded nothing then. See: earshot recordings \(Shown.text(card))")
        case 1: return fitting[0].id.description
        default:
            let names = fitting.prefix(8).map { "\($0.ref) (\(Shown.time($0.started)))" }.joined(separator: ", ")
            throw CommandEnd(.failed, "\(Shown.text(what)) may be any of these: \(Shown.text(names)).")
        }
    }
}
