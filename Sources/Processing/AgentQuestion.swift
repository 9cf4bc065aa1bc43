internal import GatewayAPI

/// What a program reads: the job as it was leased, without the lease, which is the worker's own; the recording with the path of its audio and
/// the values of its annotations.
enum AgentQuestion {
    static func json(_ job: LeasedJobMessage, audio: String?, annotations: [String: JSONValue]) throws -> [UInt8] {
        guard case .object(var members) = try APIJSON.decode(JSONValue.self, from: APIJSON.encode(job)) else { return [] }
        members["lease"] = nil
        if case .object(var recording)? = members["recording"] {
            recording["file"] = audio.map { .string($0) }
            recording["annotations"] = .object(annotations)
            members["recording"] = .object(recording)
        }
        return try APIJSON.encode(JSONValue.object(members))
    }
}
