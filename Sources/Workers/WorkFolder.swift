internal import EventLoop
internal import FoundationEssentials
internal import Glibc

/// A private folder for one job, below `TMPDIR` or /var/tmp: a decoded day is too large for a /tmp in memory. `remove` deletes it with all that is
/// in it.
///
/// Calls the disk: use it on a `FileThread`.
package struct WorkFolder: Sendable {
    package let path: String

    /// - Throws: when it cannot be made: the temporary folder is missing, full, or not this user's to write.
    package static func make(environment: [String: String] = ProcessInfo.processInfo.environment) throws -> WorkFolder {
        let parent = environment["TMPDIR"].flatMap { $0.isEmpty ? nil : $0 } ?? "/var/tmp"
        let path = parent + "/earshot-" + UUID().uuidString.lowercased()
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false, attributes: [.posixPermissions: 0o700])
        return WorkFolder(path: path)
    }

    package func path(of name: String) -> String { path + "/" + name }

    package func remove() { try? FileManager.default.removeItem(atPath: path) }
}
