package import EventLoop
package import Recordings

/// What the ledger takes from the machine; tests hand in their own.
package struct LedgerEnvironment: Sendable {
    package let wall: WallClock
    /// Leases, back-offs and waits count in it.
    package let boot: BootClock
    /// Sleeps in boot time; throws when its task is cancelled.
    package let sleep: @Sendable (Duration) async throws -> Void
    /// For ids and lease tokens.
    package let random: @Sendable () -> UInt64
    /// Counts ids that are made within one millisecond.
    package let sequence: @Sendable () -> UInt16

    package init(
        wall: WallClock, boot: BootClock, sleep: @escaping @Sendable (Duration) async throws -> Void = { try await ContinuousClock().sleep(for: $0) },
        random: @escaping @Sendable () -> UInt64 = { .random(in: .min ... .max) },
        sequence: @escaping @Sendable () -> UInt16 = { IdentifierSequence.next() }
    ) {
        self.wall = wall
        self.boot = boot
        self.sleep = sleep
        self.random = random
        self.sequence = sequence
    }

    func newID<Kind: IdentifierKind>(at now: UTCTime) -> Identifier<Kind> { .make(at: now, random: random(), sequence: sequence()) }

    /// Milliseconds since the start of the machine.
    package var bootNow: Int64 { Int64(clamping: boot.now() / 1_000_000) }
}

extension Duration {
    /// Rounded down; at the ends of what 64 bits hold it stays there.
    package var wholeMilliseconds: Int64 {
        let (seconds, attoseconds) = components
        let (product, overflow) = seconds.multipliedReportingOverflow(by: 1000)
        return overflow ? (seconds < 0 ? .min : .max) : product.addingReportingOverflow(attoseconds / 1_000_000_000_000_000).partialValue
    }
}
