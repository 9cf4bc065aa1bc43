/// Cards, people, pairing.
enum CardSchemas {
    static let all: [(name: String, schema: Schema)] = [
        ("Card", card), ("CardReference", cardReference), ("Holder", holder), ("RenameCard", renameCard), ("AssignCard", assignCard),
        ("AddHolder", addHolder), ("ScreenRequest", screenRequest), ("Screen", screen), ("IdentifyRequest", identifyRequest),
        ("RecordRequest", recordRequest), ("CardAction", cardAction), ("PairRequest", pairRequest), ("Pairing", pairing),
        ("PairingEvent", pairingEvent), ("PairingAnswer", pairingAnswer), ("Forgotten", forgotten), ("PutHolder", putHolder), ("Owner", owner),
        ("OwnerKey", ownerKey), ("ImportOwner", importOwner),
    ]

    private static let card = Schema.object([
        .must("id", .id("card")), .must("name", .text), .must("serial", .text), .may("manufacturer", .text), .may("model", .text),
        .may("firmware", .text), .may("address", .text), .may("pairing", .text), .must("paired", .time), .may("foreign_bond", .time),
        .may("forgotten", .time), .may("seen", .time), .may("holder", .reference("Holder")), .may("generation", .text), .must("waiting", .count),
        .must("held", .count), .may("presence", .words(["linked", "near", "away"])), .may("heard", .time), .may("rssi", .integer),
        .may("last_end", .text), .may("battery_low", .flag),
    ])

    private static let forgotten = Schema.object([
        .must("card", .reference("Card")), .must("bond", .words(ForgottenMessage.Bond.allCases.map(\.rawValue))),
    ])

    private static let putHolder = Schema.request([
        .must("name", .text), .may("groups", .list(.text)),
    ])

    private static let owner = Schema.object([
        .must("fingerprint", .text), .must("made", .time), .must("waiting", .list(.text)),
    ])

    private static let ownerKey = Schema.object([
        .must("key", .text), .must("fingerprint", .text),
    ])

    private static let importOwner = Schema.request([
        .must("key", .text), .may("replace", .flag),
    ])

    private static let cardReference = Schema.object([
        .must("id", .id("card")), .must("name", .text),
    ])

    private static let holder = Schema.object([
        .must("id", .text), .must("name", .text), .must("groups", .list(.text)),
    ])

    private static let renameCard = Schema.request([
        .must("name", .text)
    ])

    private static let assignCard = Schema.request([
        .must("holder", .text.orNull), .may("from", .time),
    ])

    private static let addHolder = Schema.request([
        .must("id", .text), .must("name", .text), .may("groups", .list(.text)),
    ])

    private static let screenRequest = Schema.request([
        .must("text", .text), .may("style", .words(["note", "alert"], grows: false)), .may("for_s", .integer),
    ])

    private static let screen = Schema.object([
        .must("id", .text), .must("state", .words(["waiting", "shown", "expired"])),
    ])

    private static let identifyRequest = Schema.request([
        .may("for_s", .integer)
    ])

    private static let recordRequest = Schema.request([
        .must("action", .words(["start", "stop", "memo", "mark"], grows: false))
    ])

    private static let cardAction = Schema.object([
        .must("state", .words(["done", "not_reached"])), .may("recording", .count),
    ])

    private static let pairRequest = Schema.request([
        .must("name", .text), .may("device", .text), .may("choose", .flag), .may("allow_unauthenticated", .flag), .may("window_s", .integer),
    ])

    private static let pairing = Schema.object([
        .must("id", .id("pair")), .must("events", .text),
    ])

    private static let pairingEvent = Schema.object([
        .must("state", .words(PairingEventMessage.State.allCases.map(\.rawValue))), .may("address", .text),
        .may("device_name", .text), .may("rssi", .integer),
        .may("question", .words(PairingEventMessage.Question.allCases.map(\.rawValue))), .may("passkey", .text),
        .may("card", .id("card")), .may("serial", .text), .may("method", .text), .may("authenticated", .flag), .may("owner", .text),
        .may("clock_set", .flag), .may("kind", .text), .may("missing", .text), .may("reason", .text), .may("fix", .text),
    ])

    private static let pairingAnswer = Schema.request([
        .may("passkey", .text), .may("answer", .words(["yes", "no"], grows: false)), .may("device", .text),
    ])
}
