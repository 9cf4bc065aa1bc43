internal import Glibc

/// Owns one open file descriptor and closes it at the end of its life.
package struct Descriptor: ~Copyable, Sendable {
    private let raw: Int32

    /// - Parameter raw: an open descriptor that nobody else closes.
    package init(adopting raw: Int32) { self.raw = raw }

    deinit { _ = Glibc.close(raw) }

    /// Lends the number for one call; it must not be closed or kept.
    package borrowing func withRaw<R: ~Copyable, E: Error>(_ body: (Int32) throws(E) -> R) throws(E) -> R { try body(raw) }

    /// Gives up ownership: the caller closes it.
    package consuming func release() -> Int32 {
        let raw = raw
        discard self
        return raw
    }

    /// A second descriptor of the same open file, closed on exec.
    package borrowing func duplicate() throws(SystemError) -> Descriptor {
        let copy = fcntl(raw, F_DUPFD_CLOEXEC, 0)
        guard copy >= 0 else { throw SystemError("fcntl") }
        return Descriptor(adopting: copy)
    }
}
