package import Ledger
package import Logging
package import Radio
package import RecordingStore
package import Recordings

/// What the API serves from.
package struct Backend: Sendable {
    package let ledger: Ledger
    package let files: RecordingFiles
    package let radio: any RadioControl
    package let activity: ActivityFeed
    package let wall: WallClock
    package let logger: Logger
    package let version: String
    /// For display, from the configuration.
    package let timeZone: String
    /// Whether a card's microphone may be started from here.
    package let remoteRecord: Bool
    package let started: UTCTime

    package init(
        ledger: Ledger, files: RecordingFiles, radio: any RadioControl, activity: ActivityFeed, wall: WallClock, logger: Logger, version: String,
        timeZone: String, remoteRecord: Bool
    ) {
        self.ledger = ledger
        self.files = files
        self.radio = radio
        self.activity = activity
        self.wall = wall
        self.logger = logger
        self.version = version
        self.timeZone = timeZone
        self.remoteRecord = remoteRecord
        started = wall.now()
    }
}
