package import Recordings

/// `GET /v1/owner`: whose cards these are, without the key.
package struct OwnerMessage: Codable, Hashable, Sendable {
    /// 16 hexadecimal digits that tell two keys apart.
    package let fingerprint: String
    package let made: UTCTime
    /// Cards that had the key before this one and have not been met since: names where they are known, else serial numbers.
    package let waiting: [String]

    package init(fingerprint: String, made: UTCTime, waiting: [String]) {
        self.fingerprint = fingerprint
        self.made = made
        self.waiting = waiting
    }
}

/// `GET /v1/owner/key`: the key itself.
package struct OwnerKeyMessage: Codable, Hashable, Sendable {
    /// 64 hexadecimal digits.
    package let key: String
    package let fingerprint: String

    package init(key: String, fingerprint: String) {
        self.key = key
        self.fingerprint = fingerprint
    }
}

/// `PUT /v1/owner`: takes a key that was exported.
package struct OwnerKeyRequest: RequestBody {
    package let key: String
    /// Take it in place of another; else that is refused.
    package let replace: Bool?

    package enum CodingKeys: String, CodingKey, CaseIterable {
        case key, replace
    }
    package static let shape = FieldShape.fields(CodingKeys.self)

    package init(key: String, replace: Bool? = nil) {
        self.key = key
        self.replace = replace
    }
}
