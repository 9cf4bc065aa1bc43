package import CardProfile
package import Recordings

/// What kind of card it is: fixed for the life of the process, where everything else is kept in its vault.
package struct CardSettings: Sendable {
    package let serial: CardSerial
    package var capabilities: Capabilities = [.screen, .remoteRecord, .readFollows, .owner, .find]
    /// Bytes of recordings that it can hold, all in memory.
    package var capacity = 64 << 20
    /// Events that it keeps unacknowledged; the profile demands 256 or more.
    package var eventCapacity = 512
    package var buttons: UInt8 = 3
    package var screenColumns: UInt8 = 16
    package var screenRows: UInt8 = 4
    /// Whether its user compares digits in a pairing, where it else shows a passkey.
    package var comparesDigits = false
    /// The profile demands room for four or more.
    package var bonds = 8
    /// What a notification takes of ATT_MTU: 3, and 5 where the host is BlueZ, which cuts longer ones short.
    package var notificationOverhead = 3
    /// bit/s of its encoder.
    package var bitrate = 32_000
    /// How long it has been on already when its process starts for the first time: recordings may have been made before.
    package var uptime: Duration = .zero
    /// Randomness for generations, tokens, passkeys and challenges; a seeded world gives its own.
    package var random: @Sendable () -> UInt64 = { .random(in: .min ... .max) }

    package init(serial: CardSerial) { self.serial = serial }

    func random(_ count: Int) -> [UInt8] { (0..<count).map { _ in UInt8(truncatingIfNeeded: random()) } }
}
