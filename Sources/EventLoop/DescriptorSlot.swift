internal import Synchronization

/// Carries a descriptor through values that must be copyable, such as the arguments of a D-Bus message. Whatever nobody
/// takes is closed with the last reference.
package final class DescriptorSlot: Sendable {
    private let slot: Mutex<Descriptor?>

    package init(_ descriptor: consuming Descriptor) {
        slot = Mutex(consume descriptor)
    }

    /// The descriptor, once; nil afterwards.
    package func take() -> Descriptor? {
        slot.withLock { $0.take() }
    }

    /// Lends the number while it is still here; `body` must not wait.
    package func withRaw<R>(_ body: (Int32) throws -> R) rethrows -> R? {
        try slot.withLock { descriptor in
            guard let raw = descriptor?.withRaw({ $0 }) else { return nil }
            return try body(raw)
        }
    }
}
