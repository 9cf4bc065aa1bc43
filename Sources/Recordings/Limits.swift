/// What a card may ask of the gateway. A paired card is trusted with its own recordings only, so each of these has a bound.
package enum Limits {
    /// One recording: 64 GB of flash holds it all, and at 32 kbit/s this is more than 70 hours in one piece.
    package static let recordingBytes: UInt64 = 1 << 30

    /// Entries of one list: a card that records 100 times a day and meets no gateway for a year has 36,500.
    package static let listEntries = 65_536

    /// Events in one log: a card keeps at least 256; ten a minute for a working week are 24,000.
    package static let events = 65_536

    /// Bytes taken from one card in a boot-time day: a full 2M link brings about 15 GB.
    package static let bytesPerDay: UInt64 = 16 << 30

    /// Recordings of one card that become known in a boot-time day: a whole list at most.
    package static let numbersPerDay = listEntries

    /// Events of one card in a boot-time day: a whole log at most.
    package static let eventsPerDay = events

    /// One session, so that others get their turn (Recorder Card Profile, Pairing, connections, link).
    package static let session: Duration = .seconds(15 * 60)

    /// Bytes of one session: what a full 2M link brings in `session`, rounded up.
    package static let bytesPerSession: UInt64 = 256 << 20

    /// Pulls of one recording that differ from each other before it is called unreadable.
    package static let differingPulls = 5
}

/// What somebody who brings a file may ask of the gateway.
extension Limits {
    /// One file: what a WAV file can hold.
    package static let importBytes: UInt64 = 4 << 30

    /// Bytes of UTF-8 of a file's name, of which no path is made: what file systems take.
    package static let importName = 255
}
