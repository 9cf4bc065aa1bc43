internal import GATT

/// Both halves of every bond: what bluetoothd stored of its devices, and what the cards' stacks stored of their centrals.
///
/// The text form is one bond a line, fields parted by spaces, so that a person can read and mend it.
struct BondTable: Sendable, Equatable {
    struct Pair: Hashable, Sendable {
        let central: DeviceAddress
        let card: DeviceAddress
    }

    /// bluetoothd's half. Encryption works only while both halves hold the same key.
    struct CentralBond: Sendable, Equatable {
        let key: UInt64
        let level: AttributeSecurity
        var name: String?
        var isTrusted = false
    }

    /// The card's half, with the CCCDs that were left set (Core 5.4, Vol 3, Part G, 3.3.3.3).
    struct CardBond: Sendable, Equatable {
        let key: UInt64
        let level: AttributeSecurity
        var subscriptions: Set<CharacteristicID> = []
    }

    struct InvalidLine: Error, Equatable, CustomStringConvertible {
        let line: Int
        var description: String { "Line \(line) is no bond: remove it, and pair that card again." }
    }

    var centrals: [Pair: CentralBond] = [:]
    var cards: [Pair: CardBond] = [:]

    init() {}

    init(text: String) throws(InvalidLine) {
        for (number, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() where !line.isEmpty {
            guard read(line.split(separator: " ", omittingEmptySubsequences: false)) else { throw InvalidLine(line: number + 1) }
        }
    }

    private mutating func read(_ fields: [Substring]) -> Bool {
        guard fields.count == 7, let central = DeviceAddress(field: fields[1]), let card = DeviceAddress(field: fields[2]),
            let key = UInt64(fields[3], radix: 16), let level = Int(fields[4]).flatMap(AttributeSecurity.init(rawValue:))
        else { return false }
        let pair = Pair(central: central, card: card)
        switch fields[0] {
        case "central":
            guard fields[5] == "trusted" || fields[5] == "-", let name = Self.name(hexadecimal: fields[6]) else { return false }
            centrals[pair] = CentralBond(key: key, level: level, name: name.isEmpty ? nil : name, isTrusted: fields[5] == "trusted")
            return true
        case "card":
            let subscriptions = fields[5].split(separator: ",").map(CharacteristicID.init(field:))
            guard !subscriptions.contains(nil) else { return false }
            cards[pair] = CardBond(key: key, level: level, subscriptions: Set(subscriptions.compactMap { $0 }))
            return true
        default: return false
        }
    }

    var text: String {
        let central = centrals.map { pair, bond in
            let name = (bond.name ?? "").utf8.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
            return "central \(pair.fields) \(String(bond.key, radix: 16)) \(bond.level.rawValue) \(bond.isTrusted ? "trusted" : "-") \(name)"
        }
        let card = cards.map { pair, bond in
            let subscriptions = bond.subscriptions.map(\.description).sorted().joined(separator: ",")
            return "card \(pair.fields) \(String(bond.key, radix: 16)) \(bond.level.rawValue) \(subscriptions) "
        }
        return (central.sorted() + card.sorted()).map { $0 + "\n" }.joined()
    }

    private static func name(hexadecimal text: Substring) -> String? {
        let digits = text.utf8.map { UInt8(String(UnicodeScalar($0)), radix: 16) }
        guard digits.count % 2 == 0, !digits.contains(nil) else { return nil }
        let values = digits.compactMap { $0 }
        return String(decoding: stride(from: 0, to: values.count, by: 2).map { values[$0] << 4 | values[$0 + 1] }, as: UTF8.self)
    }
}

extension BondTable.Pair {
    fileprivate var fields: String { "\(central.field) \(card.field)" }
}

extension DeviceAddress {
    fileprivate var field: String { "\(kind.rawValue)/\(description)" }

    fileprivate init?(field: Substring) {
        let parts = field.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 2, let kind = Kind(rawValue: String(parts[0])) else { return nil }
        self.init(parts[1], kind: kind)
    }
}

extension CharacteristicID {
    /// `service/characteristic`, as `description` prints it.
    fileprivate init?(field: Substring) {
        let parts = field.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 2, let service = BluetoothUUID(parts[0]), let characteristic = BluetoothUUID(parts[1]) else { return nil }
        self.init(service: service, characteristic: characteristic)
    }
}
