/// The UUIDs of the Recorder Card Profile (Services on the card) as plain numbers, for whatever stack turns them into its own.
package enum RecorderUUID {
    // Assigned numbers of services and characteristics that the profile takes from the Bluetooth SIG.
    package static let deviceInformation: UInt16 = 0x180A
    package static let manufacturerName: UInt16 = 0x2A29
    package static let modelNumber: UInt16 = 0x2A24
    package static let serialNumber: UInt16 = 0x2A25
    package static let hardwareRevision: UInt16 = 0x2A27
    package static let firmwareRevision: UInt16 = 0x2A26
    package static let battery: UInt16 = 0x180F
    package static let batteryLevel: UInt16 = 0x2A19

    // The profile's own: the second half of the first block of F824nnnn-E3C2-40A0-A06D-B869E415CEE5.
    package static let service: UInt16 = 0x0000
    package static let features: UInt16 = 0x0001
    package static let status: UInt16 = 0x0002
    package static let controlPoint: UInt16 = 0x0003
    package static let transfer: UInt16 = 0x0004
    package static let events: UInt16 = 0x0005

    /// The 128 bits, as printed, of one of the profile's own numbers.
    package static func full(_ number: UInt16) -> (high: UInt64, low: UInt64) {
        (0xF824_0000_E3C2_40A0 | UInt64(number) << 32, 0xA06D_B869_E415_CEE5)
    }

    /// The company identifier that the SIG reserves for tests: the software card advertises under it.
    package static let testCompany: UInt16 = 0xFFFF
}
