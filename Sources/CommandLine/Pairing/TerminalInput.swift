internal import EventLoop
internal import Glibc
internal import Synchronization

/// Lines from standard input. They are read by a thread of their own, that nothing waits for: a read from a terminal cannot be ended early.
final class TerminalInput: Sendable {
    /// The longest line that is taken.
    private static let longest = 4096
    /// Lines that wait; a person types one, a script may have them all ready.
    private static let backlog = 4096

    private let thread: BlockingThread

    init() throws { thread = try BlockingThread(name: "input") }

    static var isTerminal: Bool { isatty(STDIN_FILENO) == 1 }

    /// Hands over each line from here on, then nil once. Called once.
    func start(_ take: @escaping @Sendable (String?) -> Void) {
        let reader = Reader(thread)
        // Unstructured: it ends with its input or with the process.
        Task { await reader.read(take) }
    }

    private actor Reader {
        private let thread: BlockingThread
        nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe thread.asUnownedSerialExecutor() }

        init(_ thread: BlockingThread) { self.thread = thread }

        func read(_ take: @Sendable (String?) -> Void) {
            var line: [UInt8] = []
            var byte: UInt8 = 0
            while true {
                let count = unsafe Glibc.read(STDIN_FILENO, &byte, 1)
                if count < 0, errno == EINTR { continue }
                guard count == 1 else { break }
                if byte == 0x0A {
                    take(String(decoding: line, as: UTF8.self))
                    line = []
                } else if byte != 0x0D, line.count < TerminalInput.longest {
                    line.append(byte)
                }
            }
            if !line.isEmpty { take(String(decoding: line, as: UTF8.self)) }
            take(nil)
        }
    }
}
