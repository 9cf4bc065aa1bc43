package import Logging

/// The log of a unit whose standard error is the journal's: entries with fields instead of lines.
package struct JournalLog: LogHandler {
    private let socket: JournalSocket
    private let program: String
    package var logLevel: Logger.Level
    package var metadata: Logger.Metadata = [:]

    /// - Parameter program: as the journal names it, whatever the logger's label.
    package init(_ socket: JournalSocket, program: String, level: Logger.Level) {
        self.socket = socket
        self.program = program
        logLevel = level
    }

    package subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    package func log(event: LogEvent) {
        var facts = metadata.merging(event.metadata ?? [:]) { $1 }
        if let error = event.error { facts["error"] = "\(error)" }
        let dropped = socket.put(
            JournalEntry(program: program, level: event.level, message: "\(event.message)", metadata: facts, source: event.source))
        guard dropped > 0 else { return }
        _ = socket.put(
            JournalEntry(
                program: program, level: .warning, message: JournalKinds.dropped, metadata: ["count": "\(dropped)"], source: "Daemon"))
    }
}
