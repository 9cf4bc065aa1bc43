internal import GatewayAPI

/// What a program wrote: as in `done`, but only what an agent has to say.
enum AgentAnswer {
    private static let fields: Set<String> = ["annotations", "screen", "jobs", "usage"]

    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    /// - Throws: `Failure` that names what is wrong.
    static func read(_ output: [UInt8], lease: String) throws(Failure) -> DoneRequest {
        guard output.contains(where: { $0 > 0x20 }) else { return DoneRequest(lease: lease) }
        guard let value = try? APIJSON.decodeAny(output), case .object(var members) = value else {
            throw Failure(description: "it is not a JSON object.")
        }
        if let unknown = members.keys.sorted().first(where: { !fields.contains($0) }) {
            // A program's own text: cut and plain.
            let name = String(unknown.unicodeScalars.prefix(40).map { (0x21...0x7E).contains($0.value) ? Character($0) : "?" })
            throw Failure(description: "it has the field \(name); there are \(fields.sorted().joined(separator: ", ")).")
        }
        members["lease"] = .string(lease)
        do {
            return try APIJSON.decodeRequest(DoneRequest.self, from: APIJSON.encode(JSONValue.object(members)))
        } catch let refusal as RequestRefusal {
            throw Failure(description: refusal.problem.detail)
        } catch {
            throw Failure(description: "it cannot be written as JSON.")
        }
    }
}
