package import Bytes

/// What Device Information says.
package struct DeviceFacts: Sendable, Hashable {
    package let manufacturer: ForeignText
    package let model: ForeignText
    package let hardware: ForeignText
    package let firmware: ForeignText

    package init(manufacturer: ForeignText, model: ForeignText, hardware: ForeignText, firmware: ForeignText) {
        self.manufacturer = manufacturer
        self.model = model
        self.hardware = hardware
        self.firmware = firmware
    }
}
