internal import Bytes

/// One notification of the Transfer characteristic (Recorder Card Profile, Transfer).
package struct TransferNotification: Hashable, Sendable {
    /// Tag, flags and sequence.
    package static let headerSize = 4
    static let lastFlag: UInt8 = 1

    package let tag: UInt8
    package let isLast: Bool
    /// Counts every notification of the transfer from 0, modulo 65536.
    package let sequence: UInt16
    /// Shares the storage of what was received.
    package let payload: ArraySlice<UInt8>

    package init(tag: UInt8, isLast: Bool, sequence: UInt16, payload: ArraySlice<UInt8>) {
        self.tag = tag
        self.isLast = isLast
        self.sequence = sequence
        self.payload = payload
    }

    /// nil for fewer than 4 bytes.
    package init?(_ bytes: ArraySlice<UInt8>) {
        guard bytes.count >= Self.headerSize else { return nil }
        let start = bytes.startIndex
        tag = bytes[start]
        isLast = bytes[start + 1] & Self.lastFlag != 0
        sequence = UInt16(bytes[start + 2]) | UInt16(bytes[start + 3]) << 8
        payload = bytes[(start + Self.headerSize)...]
    }

    package var bytes: [UInt8] {
        var writer = ByteWriter(capacity: Self.headerSize + payload.count)
        writer.u8(tag)
        writer.u8(isLast ? Self.lastFlag : 0)
        writer.u16(sequence)
        writer.append(payload)
        return writer.bytes
    }
}
