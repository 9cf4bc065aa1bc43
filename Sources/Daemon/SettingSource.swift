/// The file that settings are read from, for messages: turns a place in its bytes into line and column.
struct SettingSource {
    let file: String
    private let bytes: [UInt8]

    init(file: String, text: String) {
        self.file = file
        bytes = Array(text.utf8)
    }

    func error(_ reason: String, at offset: Int, nearest: String? = nil) -> ConfigurationError {
        ConfigurationError(file: file, line: line(of: offset), column: column(of: offset), reason: reason, nearest: nearest)
    }

    /// From 1.
    func line(of offset: Int) -> Int { bytes.prefix(offset).count { $0 == 0x0A } + 1 }

    /// From 1, in Unicode scalars.
    private func column(of offset: Int) -> Int {
        let before = bytes.prefix(offset)
        let begin = before.lastIndex(of: 0x0A).map { $0 + 1 } ?? 0
        return before[begin...].count { $0 & 0xC0 != 0x80 } + 1
    }
}
