import Ledger
import Recordings

/// What a ledger says of its cards, line by line: one that was made anew must say the same.
struct Testimony {
    let lines: [String]

    /// - Parameter asked: natural keys of recordings; one that it does not know is a line, too.
    init(of ledger: Ledger, asked: [String]) async throws {
        let audit = try await ledger.audit()
        var lines = audit.cards.map { part in
            let counts = [part.started, part.held, part.delivered, part.undated, part.events, part.eventsHeld]
            return "audit of \(part.generation): \(counts), \(part.waiting) waiting, \(part.explained) explained, \(part.unexplained) unexplained"
        }
        lines += audit.exceptions.map { "audit names \($0.what) of \($0.generation): \($0.kind), \($0.cause)" }
        for key in asked {
            do {
                switch try await ledger.why(key) {
                case .absent(let numbers): lines.append("\(key): \(numbers.first)-\(numbers.last) \(numbers.state), \(numbers.cause)")
                case .recording(let facts):
                    for id in [facts.recording.id] + facts.recording.others {
                        let copy = try await ledger.recording(id)
                        lines.append(
                            "\(key): \(id) \(copy.state), \(copy.cause ?? "no cause"), \(copy.size) bytes, \(copy.sha256?.description ?? "")")
                    }
                    lines += facts.jobs.map { "\(key): job \($0.id) of \($0.queue) is \($0.state)" }
                }
            } catch let error as LedgerError where error.code == .notFound {
                lines.append("\(key): unknown")
            }
        }
        // What the rebuild itself says is no difference.
        self.lines =
            lines
            + (try await Self.feed(of: ledger)).filter { $0.type != "gateway.rebuilt" }.map { "feed: \($0.id) \($0.type) \($0.key ?? "") \($0.data)" }
    }

    /// All events, in their order.
    static func feed(of ledger: Ledger) async throws -> [EventInfo] {
        var all: [EventInfo] = []
        var last: Int64 = 0
        while true {
            let page = try await ledger.events(after: last, limit: 500)
            all += page.items
            last = page.last
            if page.items.count < 500 { return all }
        }
    }
}
