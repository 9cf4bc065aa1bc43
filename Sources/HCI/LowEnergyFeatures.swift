/// The first 64 LE features (Core 5.4, Vol 6, Part B, 4.6) that matter to a gateway.
package struct LowEnergyFeatures: OptionSet, Sendable, Hashable {
    package let rawValue: UInt64
    package init(rawValue: UInt64) { self.rawValue = rawValue }

    /// Without it no bond can be used.
    package static let encryption = Self(rawValue: 1 << 0)
    /// Packets of up to 251 bytes: without them a link carries about a third.
    package static let longPackets = Self(rawValue: 1 << 5)
    /// Resolves private addresses by itself.
    package static let privacy = Self(rawValue: 1 << 6)
    package static let phy2M = Self(rawValue: 1 << 8)
    package static let phyCoded = Self(rawValue: 1 << 11)
    package static let extendedAdvertising = Self(rawValue: 1 << 12)

    private static let names: [(Self, String)] = [
        (.encryption, "encryption"), (.longPackets, "251-byte packets"), (.privacy, "privacy"), (.phy2M, "2M PHY"), (.phyCoded, "coded PHY"),
        (.extendedAdvertising, "extended advertising"),
    ]

    /// The names of those that are there, for a person.
    package var known: [String] { Self.names.filter { contains($0.0) }.map(\.1) }
}
