internal import GATT

/// What a central asks a card's host over a link.
struct LinkRequest: Sendable {
    enum Operation: Sendable {
        case read(CharacteristicID)
        case write([UInt8], CharacteristicID)
        /// Never answered.
        case command([UInt8], CharacteristicID)
        case subscribe(Bool, CharacteristicID)
        case pair
        case paired(Bool)

        /// Whether it is for an attribute.
        var hasHandle: Bool {
            switch self {
            case .read, .write, .command, .subscribe: true
            case .pair, .paired: false
            }
        }
    }

    let id: UInt64
    let operation: Operation
}
