internal import Bytes

/// The Features characteristic (Recorder Card Profile, Features): 16 bytes.
package struct Features: Hashable, Sendable {
    package static let size = 16
    /// The version of the profile that this module speaks.
    package static let major: UInt8 = 1
    package static let minor: UInt8 = 0

    package var major: UInt8
    package var minor: UInt8
    /// At least 48; minor versions only append.
    package var listEntrySize: UInt8
    /// At least 24; minor versions only append.
    package var eventSize: UInt8
    package var capabilities: Capabilities
    /// Drawn at random when the storage was formatted.
    package var generation: UInt32
    package var buttons: UInt8
    package var screenColumns: UInt8
    package var screenRows: UInt8

    package init(capabilities: Capabilities, generation: UInt32, buttons: UInt8, screenColumns: UInt8, screenRows: UInt8) {
        major = Self.major
        minor = Self.minor
        listEntrySize = UInt8(ListEntry.size)
        eventSize = UInt8(EventEntry.size)
        self.capabilities = capabilities
        self.generation = generation
        self.buttons = buttons
        self.screenColumns = screenColumns
        self.screenRows = screenRows
    }

    /// Reads what a card says of itself. What a later minor version appended is ignored.
    ///
    /// - Throws: `version` for a major version other than 1; `malformed`.
    package init(_ bytes: ArraySlice<UInt8>) throws(ProfileError) {
        do throws(ParseError) {
            var reader = ByteReader(bytes)
            major = try reader.u8("major")
            minor = try reader.u8("minor")
            listEntrySize = try reader.u8("list entry size")
            eventSize = try reader.u8("event size")
            capabilities = Capabilities(rawValue: try reader.u32("capability bits"))
            generation = try reader.u32("storage generation")
            buttons = try reader.u8("buttons")
            screenColumns = try reader.u8("screen columns")
            screenRows = try reader.u8("screen rows")
            _ = try reader.u8("reserved")
            if major == Self.major {
                guard listEntrySize >= ListEntry.size else { throw ParseError(.badValue(UInt64(listEntrySize)), at: 2, in: "list entry size") }
                guard eventSize >= EventEntry.size else { throw ParseError(.badValue(UInt64(eventSize)), at: 3, in: "event size") }
            }
        } catch {
            throw ProfileError(.malformed, "The card's Features cannot be read", cause: error)
        }
        guard major == Self.major else {
            throw ProfileError(.version, "The card speaks version \(major).\(minor) of the Recorder Card Profile; this gateway speaks \(Self.major).")
        }
    }

    package var bytes: [UInt8] {
        var writer = ByteWriter(capacity: Self.size)
        writer.u8(major)
        writer.u8(minor)
        writer.u8(listEntrySize)
        writer.u8(eventSize)
        writer.u32(capabilities.rawValue)
        writer.u32(generation)
        writer.u8(buttons)
        writer.u8(screenColumns)
        writer.u8(screenRows)
        writer.zeros(1)
        return writer.bytes
    }
}
