internal import Crypto
internal import EventLoop
internal import Recordings

/// owner.json: 0600, the key and those that it replaced, oldest first. An earlier key is never dropped: a card that turns up years later may have it.
struct OwnerFile: Codable, Sendable {
    static let name = "owner.json"
    private static let longest = 16 << 20

    struct Earlier: Codable, Sendable {
        let key: OwnerKey
        /// Cards that had it when it was replaced and have not been met since.
        var cards: [CardSerial]

        enum CodingKeys: CodingKey { case key, cards }

        init(key: OwnerKey, cards: [CardSerial]) {
            self.key = key
            self.cards = cards
        }

        init(from decoder: any Decoder) throws {
            let container = try decoder.container(keyedBy: CodingKeys.self)
            key = try OwnerFile.key(try container.decode(String.self, forKey: .key))
            cards = try container.decode([CardSerial].self, forKey: .cards)
        }

        func encode(to encoder: any Encoder) throws {
            var container = encoder.container(keyedBy: CodingKeys.self)
            try container.encode(key.hex, forKey: .key)
            try container.encode(cards, forKey: .cards)
        }
    }

    var current: OwnerKey
    var made: UTCTime
    var earlier: [Earlier]
    /// Cards that were seen to have a key made for them.
    var given: [CardSerial] = []

    enum CodingKeys: CodingKey { case current, made, earlier, given }

    init(current: OwnerKey, made: UTCTime, earlier: [Earlier]) {
        self.current = current
        self.made = made
        self.earlier = earlier
    }

    init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        current = try Self.key(try container.decode(String.self, forKey: .current))
        made = try container.decode(UTCTime.self, forKey: .made)
        earlier = try container.decode([Earlier].self, forKey: .earlier)
        given = try container.decodeIfPresent([CardSerial].self, forKey: .given) ?? []
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(current.hex, forKey: .current)
        try container.encode(made, forKey: .made)
        try container.encode(earlier, forKey: .earlier)
        try container.encode(given, forKey: .given)
    }

    private static func key(_ hex: String) throws(CopyDamage) -> OwnerKey {
        guard let key = OwnerKey(hex: hex) else { throw CopyDamage(description: "a key in it is not 64 hexadecimal digits") }
        return key
    }

    /// - Returns: nil when there is none.
    static func read(in folder: borrowing Directory) throws(OwnerKeyring.Failure) -> OwnerFile? {
        do {
            guard try folder.size(of: name) != nil else { return nil }
            return try CopyFile.decode(try folder.readFile(name, limit: longest)) as OwnerFile
        } catch let error as CopyDamage {
            throw .damaged(error.description)
        } catch { throw .damaged("\(error)") }
    }

    func write(in folder: borrowing Directory) throws(OwnerKeyring.Failure) {
        do { try folder.writeAtomically(Self.name, try CopyFile.bytes(self)) } catch { throw .storage("\(error)") }
    }
}

extension OwnerKey {
    /// What one card has of the owner's key: HMAC-SHA-256 of it over "recorder-owner-card-1" and the serial number. Whoever reads it out of a card has
    /// that card's alone.
    func made(for serial: CardSerial) -> OwnerKey {
        let code = HMAC<SHA256>.authenticationCode(
            for: Array("recorder-owner-card-1".utf8) + Array(serial.description.utf8), using: SymmetricKey(data: bytes))
        guard let key = OwnerKey(Array(code)) else { preconditionFailure("SHA-256 has 32 bytes") }
        return key
    }

    var fingerprint: String {
        SHA256.hash(data: bytes).prefix(8).map { byte in String(byte >> 4, radix: 16) + String(byte & 15, radix: 16) }.joined()
    }
}
