internal import GatewayAPI
internal import Recordings

/// The query of a request. A name that its route does not know is refused, like an unknown field.
struct QueryItems: Sendable {
    private let values: [String: String]

    init(_ query: String?) throws(Refusal) {
        var values: [String: String] = [:]
        for item in (query ?? "").split(separator: "&") {
            let parts = item.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard let name = PercentEncoding.decode(parts[0]),
                let value = PercentEncoding.decode(parts.count > 1 ? parts[1].map { $0 == "+" ? "%20" : String($0) }.joined() : ""),
                values[name] == nil
            else { throw Refusal(.badRequest, "The query is not understood.", fix: "Give each name once, as name=value, percent-encoded.") }
            values[name] = value
        }
        self.values = values
    }

    /// Call first: refuses what the route does not know.
    func check(_ known: String...) throws(Refusal) {
        guard let unknown = values.keys.filter({ !known.contains($0) }).min() else { return }
        let shown = String(unknown.unicodeScalars.prefix(40).map { $0.isASCII && $0.value > 0x20 ? Character($0) : "?" })
        throw Refusal(
            .unknownField, "There is no query item \(shown) here.",
            fix: known.isEmpty ? "Leave it out." : "Use only these: \(known.joined(separator: ", ")).")
    }

    func string(_ name: String) -> String? { values[name].flatMap { $0.isEmpty ? nil : $0 } }

    /// A whole number; outside of the range its nearest end.
    func integer(_ name: String, in range: ClosedRange<Int>) throws(Refusal) -> Int? {
        guard let text = string(name) else { return nil }
        guard let value = Int(text) else {
            throw Refusal(.badRequest, "The query item \(name) is no whole number.", fix: "Give a number, as \(name)=1.")
        }
        return min(max(value, range.lowerBound), range.upperBound)
    }

    func position(_ name: String) throws(Refusal) -> Int64? {
        guard let text = string(name) else { return nil }
        guard let value = Int64(text), value >= 0 else {
            throw Refusal(.badRequest, "The query item \(name) is no position in the event log.", fix: "Give the sequence of an event you have.")
        }
        return value
    }

    func time(_ name: String) throws(Refusal) -> UTCTime? {
        guard let text = string(name) else { return nil }
        guard let time = UTCTime(text) else {
            throw Refusal(.badRequest, "The query item \(name) is no time.", fix: "Write it as 2026-11-23T09:14:01Z.")
        }
        return time
    }
}
