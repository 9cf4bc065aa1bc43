internal import GATT

/// What came back.
enum LinkAnswer: Sendable {
    case done([UInt8])
    case offer(PairingOffer)
    /// The card does not pair now.
    case refused
    /// The card's host answered with this ATT error.
    case error(UInt8)
    /// The link ended first.
    case gone
}
