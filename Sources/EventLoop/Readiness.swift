internal import CLinux

/// What a descriptor is ready for, or waited for.
package struct Readiness: OptionSet, Sendable {
    package let rawValue: UInt8
    package init(rawValue: UInt8) { self.rawValue = rawValue }

    package static let readable = Self(rawValue: 1)
    package static let writable = Self(rawValue: 2)
    /// The other end is gone. Always told.
    package static let hungUp = Self(rawValue: 4)
    /// Always told.
    package static let failed = Self(rawValue: 8)

    private static let bits: [(Self, UInt32)] = [
        (.readable, clinux_readable), (.writable, clinux_writable), (.hungUp, clinux_hung_up), (.failed, clinux_failed),
    ]

    init(events: UInt32) {
        self.init(Self.bits.filter { events & $0.1 != 0 }.map(\.0))
    }

    /// As epoll has them.
    var events: UInt32 { Self.bits.reduce(0) { contains($1.0) ? $0 | $1.1 : $0 } }
}
