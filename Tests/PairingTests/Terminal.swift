import Foundation
import GATT
import Subprocess
import SystemPackage
import TestSupport

/// A person at a terminal: a program of this build on a pseudo-terminal of its own, what it shows, and a keyboard.
final class Terminal: Sendable {
    struct Screen: Sendable {
        /// All that was written, control sequences included.
        var text = ""
        var isClosed = false
        /// How far the person has read.
        var position = 0
    }

    private let screen = WaitableState(Screen())
    private let master: FileDescriptor
    private static let patience: Duration = .seconds(240)

    /// Runs `earshot` with these arguments while `body` types and reads; ends when the program does.
    ///
    /// - Returns: its exit status and all that it wrote.
    static func run(
        _ arguments: [String], environment: [Environment.Key: String?], _ body: @escaping @Sendable (Terminal) async throws -> Void
    ) async throws -> (status: Int, text: String) {
        let (terminal, slave) = try open()
        // setsid makes the terminal the controlling one: Ctrl-C comes as a signal.
        let program = ["--ctty", "--wait", try BuiltProducts.path(of: "earshot")]
        return try await withThrowingTaskGroup(of: Int?.self) { group in
            group.addTask {
                let result = try await Subprocess.run(
                    .name("setsid"), arguments: Arguments(program + arguments), environment: .inherit.updating(environment),
                    input: .fileDescriptor(try end(of: slave), closeAfterSpawningProcess: true),
                    output: .fileDescriptor(try end(of: slave), closeAfterSpawningProcess: true),
                    error: .fileDescriptor(try end(of: slave), closeAfterSpawningProcess: true))
                guard case .exited(let code) = result.terminationStatus else { return -1 }
                return Int(code)
            }
            group.addTask {
                try await body(terminal)
                return nil
            }
            defer { group.cancelAll() }
            var status: Int?
            while let result = try await group.next() { status = result ?? status }
            try await terminal.screen.when { $0.isClosed ? () : nil }
            return (status ?? -1, terminal.screen.read { $0.text })
        }
    }

    private static func open() throws -> (Terminal, FilePath) {
        let master = try FileDescriptor.open(FilePath("/dev/ptmx"), .readWrite, options: [.init(rawValue: O_NOCTTY), .closeOnExec])
        var lock: Int32 = 0
        var number: Int32 = 0
        // TIOCSPTLCK and TIOCGPTN (tty_ioctl(4)).
        guard unsafe ioctl(master.rawValue, UInt(0x4004_5431), &lock) == 0, unsafe ioctl(master.rawValue, UInt(0x8004_5430), &number) == 0 else {
            throw Errno(rawValue: errno)
        }
        let slave = FilePath("/dev/pts/\(number)")
        var size = winsize(ws_row: 40, ws_col: 100, ws_xpixel: 0, ws_ypixel: 0)
        _ = unsafe ioctl(master.rawValue, UInt(TIOCSWINSZ), &size)
        return (Terminal(master), slave)
    }

    /// Not the controlling terminal of the tests, and of no other program than the one that is started with it.
    private static func end(of slave: FilePath) throws -> FileDescriptor {
        try FileDescriptor.open(slave, .readWrite, options: [.init(rawValue: O_NOCTTY), .closeOnExec])
    }

    private init(_ master: FileDescriptor) {
        self.master = master
        let screen = screen
        // A thread, since a read from a terminal waits in the kernel; it ends when the program has closed its side.
        Thread {
            var bytes = [UInt8](repeating: 0, count: 4096)
            var whole: [UInt8] = []
            while true {
                let count = unsafe read(master.rawValue, &bytes, bytes.count)
                if count < 0, errno == EINTR { continue }
                guard count > 0 else { break }
                whole += bytes[..<count]
                let text = String(decoding: whole, as: UTF8.self)
                screen.change { $0.text = text }
            }
            try? master.close()
            screen.change { $0.isClosed = true }
        }.start()
    }

    /// Waits until the text stands on the screen, behind what was waited for before.
    func see(_ text: String) async throws {
        let seen: Void? = try await withDeadline(Self.patience, clock: ContinuousClock()) {
            try await self.screen.when { screen in
                let rest = screen.text.dropFirst(screen.position)
                if let range = rest.range(of: text) {
                    screen.position = screen.text.distance(from: screen.text.startIndex, to: range.upperBound)
                    return ()
                }
                if screen.isClosed { throw NotSeen(text: text, screen: screen.text) }
                return nil
            }
        }
        guard seen != nil else { throw NotSeen(text: text, screen: screen.read { $0.text }) }
    }

    /// Types a line.
    func type(_ line: String) throws { try master.writeAll(Array((line + "\n").utf8)) }

    /// Ctrl-C.
    func interrupt() throws { try master.writeAll([0x03]) }

    struct NotSeen: Error, CustomStringConvertible {
        let text: String
        let screen: String
        var description: String { "\"\(text)\" was not seen on:\n\(screen)" }
    }
}
