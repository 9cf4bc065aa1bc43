internal import Glibc
internal import Synchronization

/// The way into systemd's journal that carries fields: one datagram an entry (systemd.io/JOURNAL_NATIVE_PROTOCOL).
///
/// Nothing here waits. An entry that the journal cannot take at once is dropped and counted: a gateway whose journal stands still goes on.
package final class JournalSocket: Sendable {
    package static let path = "/run/systemd/journal/socket"

    private let path: String
    private let descriptor: Int32
    private let dropped = Mutex(0)

    /// Nil where nobody takes entries at this path.
    package init?(path: String = JournalSocket.path) {
        self.path = path
        descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue), 0)
        guard descriptor >= 0, Self.connect(descriptor, to: path) else { return nil }
    }

    deinit { if descriptor >= 0 { close(descriptor) } }

    /// Whether systemd has connected this descriptor with the journal, and nobody has redirected it since (`$JOURNAL_STREAM`, systemd.exec(5)).
    package static func isBehind(_ descriptor: Int32, _ environment: [String: String]) -> Bool {
        var status = stat()
        guard let stream = environment["JOURNAL_STREAM"], unsafe fstat(descriptor, &status) == 0 else { return false }
        return stream == "\(status.st_dev):\(status.st_ino)"
    }

    /// - Returns: how many entries before this one were dropped, for the first that goes through after them.
    package func put(_ entry: JournalEntry) -> Int {
        guard send(entry.bytes) || (Self.connect(descriptor, to: path) && send(entry.bytes)) else {
            dropped.withLock { $0 += 1 }
            return 0
        }
        return dropped.withLock { count in
            defer { count = 0 }
            return count
        }
    }

    private func send(_ bytes: [UInt8]) -> Bool {
        unsafe bytes.withUnsafeBytes { unsafe Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) } == bytes.count
    }

    private static func connect(_ descriptor: Int32, to path: String) -> Bool {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        guard path.utf8.count < MemoryLayout.size(ofValue: address.sun_path) else { return false }
        unsafe withUnsafeMutableBytes(of: &address.sun_path) { unsafe $0.copyBytes(from: path.utf8) }
        let size = socklen_t(MemoryLayout<sockaddr_un>.size)
        return unsafe withUnsafePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { unsafe Glibc.connect(descriptor, $0, size) }
        } == 0
    }
}
