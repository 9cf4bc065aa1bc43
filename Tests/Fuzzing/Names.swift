import GatewayAPI
import Recordings
import Uploading

/// Names of delivered files for recordings whose texts nobody vouches for.
enum Names {
    /// With texts that belong in no path.
    static func look(at template: NameTemplate) {
        look(at: template, text: "../..\u{0}/\n.ssh\\x", started: nil)
        look(at: template, text: "", started: UTCTime(milliseconds: .max))
        look(at: template, text: String(repeating: "ä\u{301}", count: 400), started: UTCTime(milliseconds: 0))
    }

    static func look(at template: NameTemplate, text: String, started: UTCTime?) {
        guard let card = CardID("card_01JD0000000000000000000000"), let id = RecordingID("rec_01JD0000000000000000000000") else { return }
        let recording = RecordingMessage(
            id: id, ref: text, key: text, state: Term(.stored), kind: text, started: started, clock: Term(.set), durationMilliseconds: 1, size: 1,
            durable: 1, marks: 0, card: CardReference(id: card, name: text), holder: HolderMessage(id: text, name: text, groups: []), others: [],
            annotations: [], artifacts: [])
        let name = template.name(of: recording)
        for part in name.folders + [name.stem + ".opus"] {
            check((1...255).contains(part.utf8.count), "a name is one that a file system takes: \(part.utf8.count) bytes")
            check(part.first != "." && !part.contains("/") && !part.utf8.contains(0), "a name stays in its folder")
        }
        check(name.folders.count < 8, "folders are few")
    }
}
