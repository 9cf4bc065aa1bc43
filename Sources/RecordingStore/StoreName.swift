internal import Recordings

/// A name in recordings/ that this gateway gave: ID.opus, ID.part, ID.json.
struct StoreName {
    enum Kind: String {
        case final = "opus"
        case part
        case sidecar = "json"
    }

    /// - Parameter id: a recording's, as text.
    static func text(_ id: String, _ kind: Kind) -> String { id + "." + kind.rawValue }

    let id: RecordingID
    let kind: Kind

    init?(_ name: String) {
        guard let dot = name.lastIndex(of: "."), let kind = Kind(rawValue: String(name[name.index(after: dot)...])),
            let id = RecordingID(name[..<dot])
        else { return nil }
        (self.id, self.kind) = (id, kind)
    }
}
