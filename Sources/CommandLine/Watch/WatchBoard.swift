package import GatewayAPI
package import Recordings

/// What `earshot watch` shows: the cards, what is on the way from each, and what happened last. A value that takes what the gateway tells.
package struct WatchBoard: Sendable {
    private struct Row {
        var name: String
        var holder: String?
        var presence = "away"
        var rssi: Int?
        var waiting = 0
        var transfer: Transfer?
        /// What happened last, and when.
        var last: (what: String, at: UTCTime)?
    }

    private var rows: [CardID: Row] = [:]
    private var box: (name: String, cards: Int, free: UInt64)?
    private var troubles: [String] = []
    /// Why nothing is heard from the gateway now.
    private var silence: String?

    package init() {}

    /// The box in one line: its links as the rows below tell them.
    package var head: String {
        guard let box else { return "" }
        let linked = rows.values.count { $0.presence == "linked" }
        return "\(Shown.text(box.name))  \(box.cards) \(box.cards == 1 ? "card" : "cards"), \(linked) linked, \(Shown.size(box.free)) free"
    }

    /// The whole picture, as the gateway has it now.
    package mutating func take(_ status: StatusMessage, _ cards: [CardMessage]) {
        silence = nil
        box = (status.name, cards.count, status.disk.free)
        troubles =
            status.conditions.map { Shown.text($0.detail) }
            + ([status.radioTrouble] + status.adapters.map(\.trouble)).compactMap { $0 }.map(Shown.text)
        if status.adapters.isEmpty, status.radioTrouble == nil { troubles.append("No Bluetooth adapter is there.") }
        let known = Set(cards.map(\.id))
        rows = rows.filter { known.contains($0.key) }
        for card in cards {
            var row = rows[card.id] ?? Row(name: card.name)
            row.name = card.name
            row.holder = card.holder?.name
            row.presence = card.presence ?? "away"
            row.rssi = card.rssi ?? row.rssi
            row.waiting = card.waiting
            if row.presence == "away" { row.transfer = nil }
            if row.last == nil, let end = card.lastEnd, let seen = card.seen { row.last = (Shown.text(end), seen) }
            rows[card.id] = row
        }
    }

    /// The gateway does not answer: what was known stays, transfers do not.
    package mutating func lose(_ reason: String) {
        silence = Shown.text(reason)
        for id in Array(rows.keys) { rows[id]?.transfer = nil }
    }

    /// - Returns: what a log would say of it; nil for what only moves the picture.
    @discardableResult
    package mutating func take(_ message: ActivityMessage) -> String? {
        guard let card = message.card else { return Self.words(message, nil).map { "gateway  \($0)" } }
        var row = rows[card.id] ?? Row(name: card.name)
        let old = row.transfer
        switch message.what {
        case "seen":
            row.rssi = message.rssi
            if row.presence != "linked" { row.presence = "near" }
        case "session_started": row.presence = "linked"
        case "session_ended":
            row.presence = "near"
            row.transfer = nil
        case "transfer_started":
            if let recording = message.recording {
                row.transfer = Transfer(recording: recording, offset: message.offset ?? 0, size: message.size ?? 0, at: message.at)
            }
        case "transfer_progress":
            guard let recording = message.recording, let offset = message.offset, let size = message.size else { return nil }
            // Somebody who begins to watch in the middle of one.
            if row.transfer?.recording != recording { row.transfer = Transfer(recording: recording, offset: offset, size: size, at: message.at) }
            row.transfer?.progress(to: offset, of: size, at: message.at)
        case "stored":
            row.transfer = nil
            // Until the gateway is asked again.
            row.waiting = max(0, row.waiting - 1)
        case "digest_differs", "no_room": row.transfer = nil
        default: break
        }
        let words = Self.words(message, old)
        if let words { row.last = (words, message.at) }
        rows[card.id] = row
        // anna/3 says already whose it is.
        return words.map { message.recording == nil ? "\(Shown.text(row.name))  \($0)" : $0 }
    }

    /// What happened, for a person; nil for what is only a step of something longer.
    private static func words(_ message: ActivityMessage, _ transfer: Transfer?) -> String? {
        let name = message.recording.map { "\(Shown.text(message.card?.name ?? ""))/\($0)" } ?? ""
        let reason = Shown.text(message.reason ?? "no reason given")
        func size(_ bytes: UInt64?) -> String { Shown.size(bytes ?? 0) }
        switch message.what {
        case "seen": return nil
        case "connecting": return "is being connected"
        case "session_started": return "linked"
        case "session_ended": return "link ended: \(reason)"
        case "transfer_started":
            return "\(name) begins at \(size(message.offset)) of \(size(message.size))"
        case "transfer_progress": return nil
        case "gap": return "\(name) has a gap behind \(size(message.offset)): asked for again"
        case "checksum_wrong": return "\(name) had a wrong checksum: asked for again"
        case "digest_differs": return "\(name) is not what the card says it is: asked for again"
        case "stored": return "\(name) is stored, \(size(message.size))" + (transfer?.rate.map { " at \(Shown.size(UInt64($0)))/s" } ?? "")
        case "released": return "\(name) is proven: the card may forget it"
        case "events": return "events up to \(message.upTo ?? 0)"
        case "screen_shown": return "the screen shows \(reason)"
        case "no_room": return "no room: the card keeps its copies"
        case "retry": return "tried again in \(Int((message.afterSeconds ?? 0).rounded(.up))) s: \(reason)"
        case "adapter": return reason
        default: return Shown.text(message.what)
        }
    }

    // MARK: - Lines

    /// The picture; the cards that have something to tell come first.
    ///
    /// - Parameters:
    ///   - width: every line is at most so many columns.
    ///   - height: at most so many lines.
    package func lines(now: UTCTime, width: Int, height: Int) -> [String] {
        var lines = [silence.map { "! \($0)  Waiting for the gateway." } ?? head]
        lines += troubles.map { "! " + $0 }
        lines.append("")
        var table = TextTable([
            .init(title: "card"), .init(title: "holder", givesWay: true), .init(title: "where"), .init(title: "now", givesWay: true),
        ])
        let order = rows.values.sorted { (Self.rank($0), $0.name) < (Self.rank($1), $1.name) }
        let room = max(1, height - lines.count - 2)
        for row in order.prefix(room) {
            table.add([Shown.text(row.name), Shown.text(row.holder), Self.place(row), Self.now(row, now)])
        }
        lines += rows.isEmpty ? ["No card is paired yet."] : table.lines(width: width, wraps: false)
        if order.count > room { lines.append("… and \(order.count - room) more") }
        return lines.prefix(max(1, height)).map { TextWidth.cut($0, to: width) }
    }

    private static func rank(_ row: Row) -> Int {
        if row.transfer != nil { return 0 }
        return row.presence == "linked" ? 1 : row.presence == "near" ? 2 : 3
    }

    private static func place(_ row: Row) -> String {
        row.presence == "away" ? "away" : Shown.text(row.presence) + (row.rssi.map { " \($0) dBm" } ?? "")
    }

    private static func now(_ row: Row, _ now: UTCTime) -> String {
        let waiting = row.waiting > 0 ? ", \(row.waiting) waiting" : ""
        if let transfer = row.transfer {
            let bar = Shown.bar(transfer.percent / 10, of: 10)
            var text = "\(Shown.text(row.name))/\(transfer.recording) \(bar) \(transfer.percent) % of \(Shown.size(transfer.size))"
            if let rate = transfer.rate { text += ", \(Shown.size(UInt64(rate)))/s" }
            if let remaining = transfer.remaining {
                let end = Shown.fullTime(now.advanced(by: remaining)).suffix(8)
                text += ", \(Shown.length(milliseconds: remaining)) left, until \(end)"
            }
            // The one that is on its way waits no more.
            return text + (row.waiting > 1 ? ", \(row.waiting - 1) more waiting" : "")
        }
        guard let last = row.last else { return row.waiting > 0 ? "\(row.waiting) waiting" : "–" }
        return "\(last.what) \(ago(last.at, now))\(waiting)"
    }

    private static func ago(_ time: UTCTime, _ now: UTCTime) -> String {
        let seconds = max(0, now.milliseconds - time.milliseconds) / 1000
        return seconds < 60 ? "\(seconds) s ago" : seconds < 3600 ? "\(seconds / 60) min ago" : "on \(Shown.time(time))"
    }
}
