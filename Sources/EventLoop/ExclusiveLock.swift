internal import Glibc

/// Keeps a second process out for as long as this one lives, however it ends (flock(2)).
package final class ExclusiveLock: Sendable {
    private let descriptor: DescriptorSlot

    private init(_ descriptor: DescriptorSlot) { self.descriptor = descriptor }

    /// Takes the lock of a file, which is made when it is not there. Never waits.
    ///
    /// - Returns: nil when another process has it.
    package static func take(path: String) throws(SystemError) -> ExclusiveLock? {
        let raw = BlockingCalls.mayBlock { unsafe open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600) }
        guard raw >= 0 else { throw SystemError("open", path: path) }
        let descriptor = Descriptor(adopting: raw)
        guard flock(raw, LOCK_EX | LOCK_NB) == 0 else {
            let error = SystemError("flock", path: path)
            guard error.code == EWOULDBLOCK else { throw error }
            return nil
        }
        return ExclusiveLock(DescriptorSlot(descriptor))
    }

    /// Gives the lock up; the end of the last reference does the same.
    package func release() { _ = descriptor.take() }
}
