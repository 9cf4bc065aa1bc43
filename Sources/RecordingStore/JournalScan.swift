internal import FoundationEssentials

/// A segment that was read.
struct JournalScan {
    /// nil: its first line is no head of a version that is known here.
    private(set) var head: JournalLine.Head?
    /// The whole lines behind the head.
    private(set) var lines: [ArraySlice<UInt8>] = []
    /// Where damaged lines begin that have whole ones behind them.
    private(set) var damaged: [Int] = []
    /// The end of the last whole line.
    private(set) var end = 0
    /// Whether something stands behind that.
    let isTorn: Bool

    init(_ bytes: [UInt8]) {
        var position = 0
        var suspects: [Int] = []
        while position < bytes.count, let feed = bytes[position...].firstIndex(of: 0x0A) {
            if let text = JournalLine.content(bytes[position..<feed]) {
                if position == 0 { head = try? JSONDecoder().decode(JournalLine.Head.self, from: Data(text)) } else { lines.append(text) }
                damaged += suspects
                suspects = []
                end = feed + 1
            } else {
                suspects.append(position)
            }
            position = feed + 1
        }
        isTorn = end < bytes.count
    }
}
