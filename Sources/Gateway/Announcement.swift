internal import Glibc

/// What the process says outside its log: to who started it, and to a person.
enum Announcement {
    /// A line on standard output, at once.
    static func print(_ line: String) { write(line, to: STDOUT_FILENO) }

    /// A line on standard error.
    static func complain(_ line: String) { write(line, to: STDERR_FILENO) }

    private static func write(_ line: String, to descriptor: Int32) {
        var bytes = Array((line + "\n").utf8)[...]
        while !bytes.isEmpty {
            let written = unsafe bytes.withUnsafeBytes { unsafe Glibc.write(descriptor, $0.baseAddress, $0.count) }
            guard written > 0 else { return }
            bytes = bytes.dropFirst(written)
        }
    }
}
