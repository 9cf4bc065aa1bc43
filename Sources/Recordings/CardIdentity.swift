package import Bytes

/// Who a card says it is, over an encrypted link.
package struct CardIdentity: Hashable, Sendable {
    package let generation: Generation
    package let manufacturer: ForeignText?
    package let model: ForeignText?
    package let firmware: ForeignText?
    /// Whether it can neither show nor take a passkey (capability 2).
    package let isJustWorksOnly: Bool

    package init(generation: Generation, manufacturer: ForeignText?, model: ForeignText?, firmware: ForeignText?, isJustWorksOnly: Bool) {
        self.generation = generation
        self.manufacturer = manufacturer
        self.model = model
        self.firmware = firmware
        self.isJustWorksOnly = isJustWorksOnly
    }
}
