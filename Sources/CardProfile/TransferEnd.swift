internal import Bytes

/// What the last notification of a transfer carries.
package struct TransferEnd: Hashable, Sendable {
    /// CRC-32C of all payload bytes of this transfer.
    package let checksum: UInt32
    package let result: ControlResult

    package init(checksum: UInt32, result: ControlResult) {
        self.checksum = checksum
        self.result = result
    }

    /// Reads the payload of a last notification. Throws `malformed`.
    package init(_ payload: ArraySlice<UInt8>) throws(ProfileError) {
        do throws(ParseError) {
            var reader = ByteReader(payload)
            checksum = try reader.u32("CRC-32C")
            result = ControlResult(rawValue: try reader.u8("result"))
        } catch {
            throw ProfileError(.malformed, "The end of a transfer cannot be read", cause: error)
        }
    }

    package var payload: [UInt8] {
        var writer = ByteWriter(capacity: 5)
        writer.u32(checksum)
        writer.u8(result.rawValue)
        return writer.bytes
    }
}
