internal import EventLoop
internal import Recordings

/// The store's folders. All their calls belong on the blocking thread.
///
///     recordings/ID.part          bytes on their way
///     recordings/ID.opus          a stored recording, never changed
///     recordings/ID.json          what it is, beside it
///     recordings/lost+found/      files that no row of the ledger knows
///     artifacts/                  files that workers made
///     journal/                    what the ledger knows, appended
///     cards.json                  the cards, for the same purpose
final class StoreFolder: Sendable {
    let root: Directory
    let recordings: Directory
    let lost: Directory
    let artifacts: Directory

    /// Opens the folders; makes them in `root`, which must exist.
    init(root: String) throws(SystemError) {
        self.root = try Directory.open(path: root)
        recordings = try self.root.makeDirectory("recordings")
        artifacts = try self.root.makeDirectory("artifacts")
        lost = try recordings.makeDirectory("lost+found")
    }

    /// Out of the way, never deleted: a number behind the name keeps those apart that come later.
    func setAside(_ name: String) throws(SystemError) {
        var target = name
        var copy = 1
        while try lost.size(of: target) != nil {
            copy += 1
            target = "\(name).\(copy)"
        }
        try recordings.rename(name, to: target, in: lost)
        try lost.synchronize()
        try recordings.synchronize()
    }
}

extension RecordingID {
    var part: String { "\(self).part" }
    var file: String { "\(self).opus" }
    var sidecar: String { "\(self).json" }
}
