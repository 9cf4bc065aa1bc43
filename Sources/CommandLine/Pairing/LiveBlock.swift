/// Lines at the end of a terminal that are drawn anew in place, with a question below them. What is being typed stays.
/// Without a terminal each line is written once, when it is new.
struct LiveBlock {
    private let stream: StandardStream
    private let columns: Int?
    private var drawn: [String] = []
    private var question = ""
    private var told: Set<String> = []

    init(on stream: StandardStream) {
        self.stream = stream
        columns = stream.columns
    }

    /// - Parameter keys: what makes each line new where nothing is drawn anew.
    mutating func show(_ lines: [String], keys: [String]) {
        guard let columns else {
            for (line, key) in zip(lines, keys) where told.insert(key).inserted { stream.write(line: line) }
            return
        }
        let lines = lines.map { TextWidth.cut($0, to: columns) }
        guard lines != drawn else { return }
        if lines.count == drawn.count {
            // In place: the cursor goes up, and back to where the person types.
            let up = drawn.count
            stream.write("\u{1B}7\u{1B}[\(up)A\r" + lines.map { $0 + "\u{1B}[K" }.joined(separator: "\r\n") + "\u{1B}8")
        } else {
            erase()
            stream.write(lines.map { $0 + "\n" }.joined() + question)
        }
        drawn = lines
    }

    /// Puts a question below the lines.
    mutating func ask(_ text: String) {
        // An answer to the one before ended its line.
        if !question.isEmpty, columns != nil { drawn = [] }
        question = text
        stream.write(text)
    }

    /// A line that stays, above what comes next.
    mutating func say(_ line: String) {
        if !question.isEmpty { stream.write("\n") }
        question = ""
        drawn = []
        stream.write(line: line)
    }

    /// The person has answered: what stands there stays.
    mutating func answered() {
        question = ""
        drawn = []
    }

    private func erase() {
        if !drawn.isEmpty { stream.write("\r\u{1B}[\(drawn.count)A\u{1B}[J") } else { stream.write("\r\u{1B}[K") }
    }
}
