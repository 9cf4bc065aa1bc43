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
    package let settings: any SettingsControl
    package let started: UTCTime
    let requests = RequestCounts()

    package init(
        ledger: Ledger, files: RecordingFiles, radio: any RadioControl, activity: ActivityFeed, wall: WallClock, logger: Logger, version: String,
        timeZone: String, settings: any SettingsControl
    ) {
        self.ledger = ledger
        self.files = files
        self.radio = radio
        self.activity = activity
        self.wall = wall
        self.logger = logger
        self.version = version
        self.timeZone = timeZone
        self.settings = settings
        started = wall.now()
    }
}
