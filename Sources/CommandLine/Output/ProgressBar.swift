internal import Bytes
internal import Synchronization

/// One line at the end of a terminal that says how far long work is; without a terminal it says nothing.
final class ProgressBar: Sendable {
    private struct State {
        var done = 0
        var name = ""
        var bytes: UInt64 = 0
        var drawn: ContinuousClock.Instant?
        var isShown = false
    }

    /// A line that changes faster cannot be read.
    private static let pause = Duration.milliseconds(100)
    private static let width = 24

    private let stream: StandardStream
    private let columns: Int?
    private let total: Int
    private let state = Mutex(State())

    init(on stream: StandardStream, total: Int) {
        self.stream = stream
        columns = stream.columns
        self.total = total
    }

    /// The next piece of the work.
    func begin(_ name: String, bytes: UInt64) {
        state.withLock { state in
            (state.name, state.bytes, state.drawn) = (name, bytes, nil)
            draw(0, &state)
        }
    }

    func step(to offset: UInt64) { state.withLock { draw(offset, &$0) } }

    /// The piece is done.
    func end() { state.withLock { $0.done += 1 } }

    /// Takes the line away.
    func clear() {
        state.withLock { state in
            if state.isShown { stream.write("\r\u{1B}[K") }
            state.isShown = false
        }
    }

    private func draw(_ offset: UInt64, _ state: inout State) {
        let now = ContinuousClock.now
        guard let columns, state.drawn.map({ now - $0 >= Self.pause }) ?? true else { return }
        (state.drawn, state.isShown) = (now, true)
        let part = state.bytes == 0 ? 0 : Double(min(offset, state.bytes)) / Double(state.bytes)
        let full = Int(part * Double(Self.width))
        let bar = Shown.bar(full, of: Self.width)
        let line = "\(bar) \(state.done + 1) of \(total)  \(ByteSize.text(offset)) of \(ByteSize.text(state.bytes))  \(state.name)"
        stream.write("\r" + TextWidth.cut(line, to: columns - 1) + "\u{1B}[K")
    }
}
