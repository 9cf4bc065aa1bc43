import Recordings

/// What the feed has to say of a card's event.
struct ExpectedEvent {
    let type: String
    let data: String
    let recording: UInt32?

    init(_ event: CardEvent) {
        var recording: UInt32?
        switch event.what {
        case .button(let button, let gesture, let during, let offset):
            type = "button.pressed"
            data = #"{"button":"\#(button)","gesture":"\#(gesture)","offset_ms":\#(during == nil ? "null" : String(offset))}"#
            recording = during
        case .recordingStarted(let number):
            (type, data, recording) = ("recording.started", #"{"recording":\#(number)}"#, number)
        case .recordingStopped(let number):
            (type, data, recording) = ("recording.stopped", #"{"recording":\#(number)}"#, number)
        case .mark(let number, let offset):
            (type, data, recording) = ("mark.set", #"{"recording":\#(number),"offset_ms":\#(offset)}"#, number)
        case .batteryLow: (type, data) = ("card.battery", #"{"level":"low"}"#)
        case .storageNearlyFull: (type, data) = ("card.storage", #"{"level":"nearly_full"}"#)
        case .storageFull: (type, data) = ("card.storage", #"{"level":"full"}"#)
        case .poweredOn: (type, data) = ("card.powered_on", "{}")
        case .clockSet: (type, data) = ("card.clock_set", "{}")
        case .deletedByUser(let number):
            (type, data, recording) = ("recording.deleted_on_card", #"{"recording":\#(number)}"#, number)
        case .lost(let number):
            (type, data, recording) = ("recording.lost", #"{"recording":\#(number)}"#, number)
        case .formatted(let last): (type, data) = ("card.formatted", #"{"last":\#(last)}"#)
        case .other: (type, data) = ("card.other", "{}")
        }
        self.recording = recording
    }
}
