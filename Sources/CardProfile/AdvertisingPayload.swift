internal import Bytes

/// The four bytes of manufacturer specific data beside the Recorder service (Recorder Card Profile, Advertising), whatever the
/// company identifier. They are not authenticated: a hint only.
package struct AdvertisingPayload: Hashable, Sendable {
    package static let size = 4

    package struct Flags: OptionSet, Hashable, Sendable {
        package let rawValue: UInt8
        package init(rawValue: UInt8) { self.rawValue = rawValue }

        package static let unsynced = Self(rawValue: 1 << 0)
        package static let unacknowledgedEvents = Self(rawValue: 1 << 1)
        package static let recording = Self(rawValue: 1 << 2)
        package static let pairingMode = Self(rawValue: 1 << 3)
        package static let storageNearlyFull = Self(rawValue: 1 << 4)
        package static let batteryLow = Self(rawValue: 1 << 5)
    }

    package let flags: Flags
    /// Unsynced recordings, saturating at 255.
    package let unsynced: UInt8
    /// Drawn anew whenever there is something new, and with every new private address.
    package let changeToken: UInt16

    package init(flags: Flags, unsynced: UInt8, changeToken: UInt16) {
        self.flags = flags
        self.unsynced = unsynced
        self.changeToken = changeToken
    }

    /// What a later minor version appended is ignored.
    package init(_ bytes: ArraySlice<UInt8>) throws(ProfileError) {
        do throws(ParseError) {
            var reader = ByteReader(bytes)
            flags = Flags(rawValue: try reader.u8("flags"))
            unsynced = try reader.u8("unsynced")
            changeToken = try reader.u16("change token")
        } catch {
            throw ProfileError(.malformed, "The card's manufacturer data cannot be read", cause: error)
        }
    }

    package var bytes: [UInt8] {
        var writer = ByteWriter(capacity: Self.size)
        writer.u8(flags.rawValue)
        writer.u8(unsynced)
        writer.u16(changeToken)
        return writer.bytes
    }
}
