/// The result byte of a response and of a transfer's end (Recorder Card Profile, Control Point). Unknown ones are kept.
package struct ControlResult: RawRepresentable, Error, Hashable, Sendable, CustomStringConvertible {
    package let rawValue: UInt8
    package init(rawValue: UInt8) { self.rawValue = rawValue }

    package static let success = Self(rawValue: 0)
    package static let unknownOpcode = Self(rawValue: 1)
    package static let badParameter = Self(rawValue: 2)
    package static let noSuchObject = Self(rawValue: 3)
    package static let offsetPastEnd = Self(rawValue: 4)
    package static let digestDiffers = Self(rawValue: 5)
    package static let busy = Self(rawValue: 6)
    package static let notPermitted = Self(rawValue: 7)
    package static let storageFault = Self(rawValue: 8)
    package static let notComplete = Self(rawValue: 9)
    package static let aborted = Self(rawValue: 10)

    private static let names = [
        "success", "unknown opcode", "bad parameter", "no such object", "offset past the end", "digest differs", "busy",
        "not permitted or not offered", "storage fault", "not complete", "aborted",
    ]

    package var description: String { rawValue < Self.names.count ? Self.names[Int(rawValue)] : "result \(rawValue)" }
}
