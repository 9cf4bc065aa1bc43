internal import GatewayAPI
internal import Recordings

/// An audit as a person reads it.
struct AuditText {
    let audit: AuditMessage
    /// Whether no span and nobody was asked for.
    let isOfAll: Bool
    /// Whether a span was asked for.
    let isOfSpan: Bool

    func tell(_ report: Report) throws {
        // Rows of nothing look like a proof.
        if isOfSpan, audit.cards.allSatisfy({ $0.started == 0 }), audit.exceptions.isEmpty {
            return try report.line("Nothing was started in this span.")
        }
        if audit.cards.isEmpty {
            try report.line("No card recorded anything that this asks for.")
        } else {
            try report.table(cards)
        }
        let undated = audit.cards.reduce(0) { $0 + $1.undated }
        if undated > 0, !isOfAll {
            try report.line()
            try report.line("Without a known start: \(undated). Such a number counts in every span that it may belong to.")
        }
        if !audit.exceptions.isEmpty {
            try report.line()
            try report.table(exceptions)
            let left = audit.waiting + audit.explained + audit.unexplained - audit.exceptions.reduce(0) { $0 + $1.count }
            if left > 0 { try report.line("… and \(left) more: earshot audit --json shows all.") }
        }
        try report.line()
        try report.line("Unexplained: \(audit.unexplained)  (on the way: \(audit.waiting), explained: \(audit.explained))")
    }

    private var cards: TextTable {
        var table = TextTable([
            .init(title: "card"), .init(title: "storage", givesWay: true), .init(title: "last met"), .init(title: "started", isNumber: true),
            .init(title: "held", isNumber: true), .init(title: "delivered", isNumber: true), .init(title: "events"),
        ])
        for card in audit.cards {
            table.add([
                Shown.text(card.card.name), Shown.text(card.generation), Shown.time(card.seen), "\(card.started)", "\(card.held)",
                "\(card.delivered)", "\(card.eventsHeld) of \(card.events)",
            ])
        }
        return table
    }

    private var exceptions: TextTable {
        var table = TextTable([.init(title: "what"), .init(title: ""), .init(title: "because", givesWay: true)])
        var run: Run?
        func end() { if let run { table.add([Shown.text(run.what), Shown.text(run.first.kind.description), Shown.text(run.first.cause)]) } }
        for exception in audit.exceptions where run?.take(exception) != true {
            end()
            run = Run(exception)
        }
        end()
        return table
    }

    /// Recordings with one number behind the other that are told the same of, as one line.
    private struct Run {
        let first: AuditException
        private var last: UInt32?

        init(_ first: AuditException) {
            self.first = first
            last = Self.number(first)
        }

        var what: String {
            guard let last, let from = Self.number(first), last > from else { return first.what }
            return "\(first.what)-\(last)"
        }

        mutating func take(_ next: AuditException) -> Bool {
            guard let last, last < .max, Self.number(next) == last + 1, next.card == first.card, next.kind == first.kind, next.cause == first.cause
            else { return false }
            self.last = last + 1
            return true
        }

        private static func number(_ exception: AuditException) -> UInt32? {
            exception.recording == nil ? nil : exception.what.split(separator: "/").last.flatMap { UInt32($0) }
        }
    }
}
