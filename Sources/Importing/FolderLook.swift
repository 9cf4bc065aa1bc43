package import EventLoop

/// Which files of a watched folder are to be taken now: those that did not change for a while. Without I/O; times are since any moment.
package struct FolderLook: Sendable {
    private struct Seen {
        let status: FileStatus
        /// As it is since then.
        let since: Duration
        var isDone = false
    }

    /// A file that is as it is for so long is whole.
    package let settled: Duration
    private var seen: [String: Seen] = [:]

    package init(settled: Duration) { self.settled = settled }

    /// What lies there now.
    ///
    /// - Returns: the files that are whole and were not taken, the oldest first.
    package mutating func look(_ files: [String: FileStatus], at now: Duration) -> [String] {
        // What is gone is forgotten: a name that comes back is a new file.
        seen = files.reduce(into: [:]) { kept, file in
            if let before = seen[file.key], before.status == file.value {
                kept[file.key] = before
            } else {
                kept[file.key] = Seen(status: file.value, since: now)
            }
        }
        return seen.filter { !$1.isDone && now - $1.since >= settled }
            .sorted { ($0.value.status.modified, $0.key) < ($1.value.status.modified, $1.key) }.map(\.key)
    }

    /// It is not taken again as long as it is as it was.
    package mutating func finish(_ name: String) { seen[name]?.isDone = true }
}
