package import Recordings

/// The query of a request. A name that its route does not know is refused, like an unknown field.
package struct QueryItems: Sendable {
    private let values: [String: String]

    /// - Parameter query: what stands behind the question mark, as it came over the wire.
    package init(_ query: String?) throws(RequestRefusal) {
        var values: [String: String] = [:]
        for item in (query ?? "").split(separator: "&") {
            let parts = item.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard let name = PercentEncoding.decode(parts[0]),
                let value = PercentEncoding.decode(parts.count > 1 ? parts[1].map { $0 == "+" ? "%20" : String($0) }.joined() : ""),
                values[name] == nil
            else { throw Self.refusal("The query is not understood.", fix: "Give each name once, as name=value, percent-encoded.") }
            values[name] = value
        }
        self.values = values
    }

    /// Call first: refuses what the route does not know.
    package func check(_ known: String...) throws(RequestRefusal) {
        guard let unknown = values.keys.filter({ !known.contains($0) }).min() else { return }
        let shown = String(unknown.unicodeScalars.prefix(40).map { (0x21...0x7E).contains($0.value) ? Character($0) : "?" })
        throw RequestRefusal(
            Problem(
                .unknownField, detail: "There is no query item \(shown) here.",
                fix: known.isEmpty ? "Leave it out." : "Use only these: \(known.joined(separator: ", "))."))
    }

    package func string(_ name: String) -> String? { values[name].flatMap { $0.isEmpty ? nil : $0 } }

    /// A whole number; outside of the range its nearest end.
    package func integer(_ name: String, in range: ClosedRange<Int>) throws(RequestRefusal) -> Int? {
        guard let text = string(name) else { return nil }
        guard let value = Int(text) else {
            throw Self.refusal("The query item \(name) is no whole number.", fix: "Give a number, as \(name)=1.")
        }
        return min(max(value, range.lowerBound), range.upperBound)
    }

    package func position(_ name: String) throws(RequestRefusal) -> Int64? {
        guard let text = string(name) else { return nil }
        guard let value = Int64(text), value >= 0 else {
            throw Self.refusal("The query item \(name) is no position in the event log.", fix: "Give the sequence of an event you have.")
        }
        return value
    }

    package func time(_ name: String) throws(RequestRefusal) -> UTCTime? {
        guard let text = string(name) else { return nil }
        guard let time = UTCTime(text) else {
            throw Self.refusal("The query item \(name) is no time.", fix: "Write it as 2026-11-23T09:14:01Z.")
        }
        return time
    }

    private static func refusal(_ detail: String, fix: String) -> RequestRefusal {
        RequestRefusal(Problem(.badRequest, detail: detail, fix: fix))
    }
}
