internal import Glibc

/// Time since the machine started, suspended time included, which nobody sets back: what leases and back-offs count.
///
/// Instants of two starts cannot be compared: store `bootID` beside them.
package struct BootClock: Sendable {
    /// Names this start of the machine; a UUID on Linux.
    package let bootID: String
    private let read: @Sendable () -> UInt64

    /// Any clock, such as a virtual one of a test.
    ///
    /// - Parameter now: nanoseconds since the start.
    package init(bootID: String, now: @escaping @Sendable () -> UInt64) {
        self.bootID = bootID
        read = now
    }

    /// The machine's: CLOCK_BOOTTIME and /proc/sys/kernel/random/boot_id.
    package static func system() throws(SystemError) -> BootClock {
        let file = try DurableFile.open(path: "/proc/sys/kernel/random/boot_id", .read)
        var text = [UInt8](repeating: 0, count: 64)
        let length = try file.read(into: &text, at: 0)
        let id = String(decoding: text[..<length].prefix { $0 != 0x0A }, as: UTF8.self)
        guard !id.isEmpty else { throw SystemError(code: EINVAL, call: "read", path: "/proc/sys/kernel/random/boot_id") }
        return BootClock(bootID: id) { EventLoop.now(of: CLOCK_BOOTTIME) }
    }

    /// Nanoseconds since the start.
    package func now() -> UInt64 { read() }
}
