/// What a card can do, bit for bit. Bits that this version does not know are kept and mean nothing.
package struct Capabilities: OptionSet, Hashable, Sendable {
    package let rawValue: UInt32
    package init(rawValue: UInt32) { self.rawValue = rawValue }

    package static let screen = Self(rawValue: 1 << 0)
    package static let remoteRecord = Self(rawValue: 1 << 1)
    package static let justWorksOnly = Self(rawValue: 1 << 2)
    package static let firmwareUpdate = Self(rawValue: 1 << 3)
    package static let readFollows = Self(rawValue: 1 << 4)
    package static let owner = Self(rawValue: 1 << 5)
    package static let find = Self(rawValue: 1 << 6)
}
