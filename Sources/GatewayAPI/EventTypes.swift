/// The types that events may have, without `earshot.`; a later version may know more.
package enum EventTypes {
    package static let all = [
        "annotation.written", "button.pressed", "card.assigned", "card.battery", "card.bond_foreign", "card.clock_set", "card.forgotten",
        "card.formatted", "card.limit",
        "card.numbers_reused", "card.other", "card.paired", "card.powered_on", "card.storage", "gateway.rebuilt", "health.*", "job.dead", "mark.set",
        "recording.deleted_on_card", "recording.delivered", "recording.disputed", "recording.lost", "recording.missing", "recording.released",
        "recording.started", "recording.stopped", "recording.stored", "recording.unreadable", "screen.expired", "screen.shown",
    ]

    /// Whether any event can fit: a type, or a beginning with `*`.
    package static func mayCome(_ wanted: String) -> Bool {
        var wanted = Substring(wanted)
        if wanted.hasPrefix(EventMessage.typePrefix) { wanted = wanted.dropFirst(EventMessage.typePrefix.count) }
        let beginning = wanted.last == "*" ? wanted.dropLast() : nil
        return all.contains { type in
            let known = type.last == "*" ? type.dropLast() : nil
            if let beginning { return type.hasPrefix(beginning) || known.map(beginning.hasPrefix) ?? false }
            return known.map(wanted.hasPrefix) ?? (type == wanted)
        }
    }
}
