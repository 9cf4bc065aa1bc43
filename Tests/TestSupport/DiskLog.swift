internal import Bytes
package import Foundation

/// What a `DiskWatch` or a preloaded shim wrote down: every call that changed the folder, in order, with its data.
package struct DiskLog: Sendable {
    package struct Entry: Sendable, CustomStringConvertible {
        /// From 1.
        package let number: UInt64
        package let call: DiskWatch.Call
        /// Relative to the folder; empty for the folder itself.
        package let path: String
        /// The second name of a rename or link.
        package let other: String
        /// Of a write or an allocation.
        package let offset: Int
        /// Of a write as asked for; the new size of a truncation.
        package let length: Int
        /// As the call returned it; negative when it failed, or the process was killed before it.
        package let result: Int
        /// Mode of an allocation.
        package let flags: UInt32
        /// What was written.
        package let data: ArraySlice<UInt8>

        package var description: String { "\(number) \(call) \(path.isEmpty ? "." : path)\(other.isEmpty ? "" : " to \(other)")" }

        /// The process was killed before this call.
        package var isKill: Bool { result == -4096 }
    }

    package let entries: [Entry]

    /// - Throws: `CocoaError`; `ParseError` for what is no such log.
    package init(_ file: URL) throws {
        var reader = ByteReader(Array(try Data(contentsOf: file)))
        var entries: [Entry] = []
        while reader.left > 0 {
            let (magic, kind) = (try reader.u32("magic"), try reader.u32("kind"))
            guard magic == 0x4b53_4944, let call = DiskWatch.Call(rawValue: Int32(bitPattern: kind)) else {
                throw ParseError(.badValue(UInt64(magic) << 32 | UInt64(kind)), at: reader.offset, in: "head of a disk log's entry")
            }
            let number = try reader.u64("number")
            let (offset, length, result) = (try reader.integer("offset"), try reader.integer("length"), try reader.integer("result"))
            let flags = try reader.u32("flags")
            let sizes = (Int(try reader.u32("path length")), Int(try reader.u32("other length")), Int(try reader.u32("data length")))
            entries.append(
                Entry(
                    number: number, call: call, path: String(decoding: try reader.take(sizes.0, "path"), as: UTF8.self),
                    other: String(decoding: try reader.take(sizes.1, "other"), as: UTF8.self), offset: offset, length: length, result: result,
                    flags: flags, data: try reader.take(sizes.2, "data")))
        }
        self.entries = entries
    }
}

extension ByteReader {
    fileprivate mutating func integer(_ field: String) throws(ParseError) -> Int { Int(Int64(bitPattern: try u64(field))) }
}
