/// The file that settings are read from: turns a place in its bytes into line and column, and remembers which keys it has.
final class SettingSource {
    let file: String
    /// Of each key that was asked for and is there, as `storage.reserve`.
    private(set) var offsets: [String: Int] = [:]
    private let bytes: [UInt8]

    init(file: String, text: String) {
        self.file = file
        bytes = Array(text.utf8)
    }

    func error(_ reason: String, at offset: Int, nearest: String? = nil) -> ConfigurationError {
        ConfigurationError(file: file, line: line(of: offset), column: column(of: offset), reason: reason, nearest: nearest)
    }

    func note(_ name: String, at offset: Int) { offsets[name] = offset }

    /// From 1.
    func line(of offset: Int) -> Int { bytes.prefix(offset).count { $0 == 0x0A } + 1 }

    /// From 1, in Unicode scalars.
    private func column(of offset: Int) -> Int {
        let before = bytes.prefix(offset)
        let begin = before.lastIndex(of: 0x0A).map { $0 + 1 } ?? 0
        return before[begin...].count { $0 & 0xC0 != 0x80 } + 1
    }
}
