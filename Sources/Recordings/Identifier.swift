internal import Synchronization

/// A UUIDv7 (RFC 9562, 5.7) written as a prefix and 26 digits of Crockford base32: `rec_01JD…`. It sorts by the time at which it
/// was made and differs between gateways.
package struct Identifier<Kind: IdentifierKind>: Hashable, Sendable, Comparable, CustomStringConvertible, Codable {
    /// The 128 bits of the UUID.
    package let high: UInt64
    package let low: UInt64

    private init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    /// A new identifier. Up to 4096 made in one millisecond of one process rise, but for the one that starts the count anew.
    package static func make(at time: UTCTime, random: UInt64 = .random(in: .min ... .max), sequence: UInt16 = IdentifierSequence.next()) -> Self {
        let milliseconds = UInt64(max(0, time.milliseconds)) & 0xFFFF_FFFF_FFFF
        return Self(
            high: milliseconds << 16 | 0x7000 | UInt64(sequence & 0x0FFF),
            low: 0x8000_0000_0000_0000 | random >> 2)
    }

    /// A new identifier that sorts behind another one, also when the clock was set back in between.
    package static func make(at time: UTCTime, random: UInt64, behind last: Self?) -> Self {
        let made = make(at: time, random: random)
        guard let last, made <= last else { return made }
        return make(at: UTCTime(milliseconds: Int64(last.high >> 16) + 1), random: random)
    }

    package init?(_ text: some StringProtocol) {
        guard text.hasPrefix(Kind.prefix) else { return nil }
        let digits = text.dropFirst(Kind.prefix.count)
        guard digits.utf8.count == 26 else { return nil }
        var high: UInt64 = 0
        var low: UInt64 = 0
        for digit in digits.utf8 {
            guard let value = Crockford.value(of: digit), high >> 59 == 0 else { return nil }
            high = high << 5 | low >> 59
            low = low << 5 | UInt64(value)
        }
        self.init(high: high, low: low)
    }

    package var description: String {
        var digits: [UInt8] = []
        var (high, low) = (high, low)
        for _ in 0..<26 {
            digits.append(Crockford.digits[Int(low & 31)])
            low = low >> 5 | high << 59
            high >>= 5
        }
        return Kind.prefix + String(decoding: digits.reversed(), as: UTF8.self)
    }

    package static func < (a: Self, b: Self) -> Bool { (a.high, a.low) < (b.high, b.low) }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let text = try container.decode(String.self)
        guard let value = Self(text) else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "An id is \(Kind.prefix) and 26 digits of Crockford base32.")
        }
        self = value
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}

/// Names what an identifier identifies.
package protocol IdentifierKind: Sendable {
    static var prefix: String { get }
}

package enum CardKind: IdentifierKind { package static let prefix = "card_" }
package enum HolderKind: IdentifierKind { package static let prefix = "hld_" }
package enum RecordingIDKind: IdentifierKind { package static let prefix = "rec_" }
package enum EventIDKind: IdentifierKind { package static let prefix = "evt_" }
package enum JobKind: IdentifierKind { package static let prefix = "job_" }
package enum AnnotationKind: IdentifierKind { package static let prefix = "ann_" }
package enum PairingKind: IdentifierKind { package static let prefix = "pair_" }

package typealias CardID = Identifier<CardKind>
package typealias HolderID = Identifier<HolderKind>
package typealias RecordingID = Identifier<RecordingIDKind>
package typealias EventID = Identifier<EventIDKind>
package typealias JobID = Identifier<JobKind>
package typealias AnnotationID = Identifier<AnnotationKind>
package typealias PairingID = Identifier<PairingKind>

/// The 12 bits behind the milliseconds of a UUIDv7, counted up in this process (RFC 9562, 6.2, method 1).
package enum IdentifierSequence {
    private static let counter = Atomic<UInt16>(0)

    package static func next() -> UInt16 { counter.wrappingAdd(1, ordering: .relaxed).newValue }
}

private enum Crockford {
    static let digits = Array("0123456789ABCDEFGHJKMNPQRSTVWXYZ".utf8)

    static func value(of digit: UInt8) -> Int? {
        digits.firstIndex(of: digit >= UInt8(ascii: "a") && digit <= UInt8(ascii: "z") ? digit - 32 : digit)
    }
}
