internal import GatewayAPI

/// The JSON beside a delivered recording: the recording as the API shows it, with the values of its annotations.
enum Sidecar {
    /// Paths and states of this gateway, which mean nothing elsewhere.
    private static let left = ["audio", "artifacts", "state", "cause", "durable", "others", "delivered"]

    static func json(_ recording: RecordingMessage, _ annotations: [String: JSONValue]) throws -> [UInt8] {
        guard case .object(var members) = try APIJSON.decode(JSONValue.self, from: APIJSON.encode(recording)) else { return [] }
        for name in left { members[name] = nil }
        members["annotations"] = .object(annotations)
        return try APIJSON.encode(JSONValue.object(members)) + [0x0A]
    }
}
