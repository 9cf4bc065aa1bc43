/// Why there is no backup, or why one was not brought back. Nothing was changed, unless `reason` says so.
package struct BackupError: Error, Sendable, Hashable, CustomStringConvertible {
    package let reason: String
    /// What to do.
    package let remedy: String
    /// Whether only another user may do it.
    package let isDenied: Bool

    init(_ reason: String, _ remedy: String, isDenied: Bool = false) {
        self.reason = reason
        self.remedy = remedy
        self.isDenied = isDenied
    }

    package var description: String { (reason.last.map { ".!?:".contains($0) } == false ? reason + "." : reason) + " " + remedy }
}
