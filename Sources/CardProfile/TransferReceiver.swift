internal import Bytes

/// The gateway's side of one transfer, without I/O (Recorder Card Profile, Transfer): puts values in order, takes the checksum,
/// says what credit is due. Everything that comes is bounded: by the credit given, by `most`, by the window of reordering.
package struct TransferReceiver: ~Copyable {
    package enum Progress: Hashable, Sendable {
        /// More will come.
        case more
        /// The last notification came and nothing is missing before it. The right checksum proves all the payload, whatever
        /// the result; a wrong one: throw all of it away.
        case ended(ControlResult, checksumIsRight: Bool)
        /// Something is missing: what was given out before it stays, unproven; all that comes now is ignored.
        /// `isOver`: the card has ended the transfer; else abort it.
        case gap(isOver: Bool)
    }

    /// How far the limit may be above what was taken.
    package static let creditAhead: UInt32 = 128
    package static let creditStep: UInt32 = 32
    /// How many later values prove one missing.
    static let window = 32

    /// Without any value for this long the credit is written again.
    package static let repeatCreditAfter: Duration = .seconds(1)
    /// Without any value for this long the rest is missing.
    package static let gapAfter: Duration = .seconds(2)

    private struct Early {
        let isLast: Bool
        let payload: [UInt8]
    }

    package let tag: UInt8
    private let most: UInt64
    /// The absolute number of the next value in order.
    private var next: UInt32 = 0
    private var limit = Self.creditAhead
    private var early: [UInt32: Early] = [:]
    private var checksum = CRC32C()

    /// How the transfer stands after the last value.
    package private(set) var progress = Progress.more

    /// Payload bytes given out so far.
    package private(set) var bytes: UInt64 = 0
    /// Values that were not of this transfer, or came twice.
    package private(set) var ignored = 0
    /// Payload bytes of this transfer that came behind a gap and have to be READ again.
    package private(set) var discarded: UInt64 = 0

    /// - Parameter most: more payload than this is an error of the card.
    package init(tag: UInt8, most: UInt64) {
        self.tag = tag
        self.most = most
    }

    /// Takes one value and appends the payload that is now in order.
    ///
    /// - Throws: `tooMuch` beyond credit or `most`, `malformed`. The transfer is then worth nothing, and so is the card's link.
    package mutating func receive(_ value: ArraySlice<UInt8>, into payload: inout [UInt8]) throws(ProfileError) -> Progress {
        guard let notification = TransferNotification(value), notification.tag == tag else {
            ignored += 1
            return progress
        }
        guard progress == .more else {
            if case .gap = progress {
                if notification.isLast { progress = .gap(isOver: true) } else { discarded += UInt64(notification.payload.count) }
            }
            return progress
        }
        let ahead = Int16(bitPattern: notification.sequence &- UInt16(truncatingIfNeeded: next))
        guard ahead >= 0 else {
            ignored += 1
            return progress
        }
        let number = next &+ UInt32(ahead)
        guard number < limit || notification.isLast else {
            throw ProfileError(.tooMuch, "The card sends value \(number) of a transfer with credit for \(limit) only.")
        }
        if ahead == 0 {
            try take(notification.isLast, notification.payload, into: &payload)
            while progress == .more, let waiting = early.removeValue(forKey: next) {
                try take(waiting.isLast, waiting.payload[...], into: &payload)
            }
        } else if early[number] != nil {
            ignored += 1
        } else {
            early[number] = Early(isLast: notification.isLast, payload: Array(notification.payload))
            if notification.isLast || early.count >= Self.window { miss(isOver: notification.isLast) }
        }
        return progress
    }

    /// Nothing came for `gapAfter`: what is not here is missing.
    package mutating func miss() { miss(isOver: false) }

    /// The limit to write now that everything given out was taken; nil while it moved by less than `creditStep`.
    package mutating func creditDue() -> UInt32? {
        let due = next &+ Self.creditAhead
        guard progress == .more, due >= limit &+ Self.creditStep else { return nil }
        limit = due
        return due
    }

    /// The limit to write again when nothing came for `repeatCreditAfter`: the write may have been lost.
    package var repeatedCredit: UInt32 { limit }

    private mutating func miss(isOver: Bool) {
        guard progress == .more else { return }
        progress = .gap(isOver: isOver)
        for value in early.values where !value.isLast { discarded += UInt64(value.payload.count) }
        early = [:]
    }

    private mutating func take(_ isLast: Bool, _ part: ArraySlice<UInt8>, into payload: inout [UInt8]) throws(ProfileError) {
        next &+= 1
        if isLast {
            let end = try TransferEnd(part)
            progress = .ended(end.result, checksumIsRight: end.checksum == checksum.value)
            return
        }
        guard !part.isEmpty else { throw ProfileError(.malformed, "The card sends a value of a transfer without payload.") }
        guard UInt64(part.count) <= most - bytes else {
            throw ProfileError(.tooMuch, "The card sends more than the \(most) bytes of a transfer that were asked for.")
        }
        checksum.update(part)
        payload.append(contentsOf: part)
        bytes += UInt64(part.count)
    }
}
