/// HCI_Read_Local_Version_Information (Core 5.4, Vol 4, Part E, 7.4.1).
package struct ControllerVersion: Sendable, Hashable, CustomStringConvertible {
    /// By Assigned Numbers, 2.1: 9 is Bluetooth 5.0.
    package let number: UInt8
    /// A company identifier.
    package let manufacturer: UInt16
    /// Its name as libbluetooth knows it.
    package let maker: String

    package init(number: UInt8, manufacturer: UInt16, maker: String) {
        self.number = number
        self.manufacturer = manufacturer
        self.maker = maker
    }

    private static let releases = ["1.0b", "1.1", "1.2", "2.0", "2.1", "3.0", "4.0", "4.1", "4.2", "5.0", "5.1", "5.2", "5.3", "5.4"]

    /// `5.2`; nil for one that came after this was written.
    package var release: String? { Int(number) < Self.releases.count ? Self.releases[Int(number)] : nil }

    package var description: String {
        "Bluetooth \(release ?? "of version number \(number)") by \(maker.isEmpty ? "company \(manufacturer)" : maker)"
    }
}
