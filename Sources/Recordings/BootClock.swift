/// Time since the machine started, suspended time included: what leases, back-offs and intervals count, since no one can set it.
package struct BootClock: Sendable {
    /// Names this start of the machine: `/proc/sys/kernel/random/boot_id`. A time of another start cannot be compared.
    package let boot: String
    /// Milliseconds since that start.
    package let now: @Sendable () -> Int64
    /// Sleeps in the same time; throws when its task is cancelled.
    package let sleep: @Sendable (Duration) async throws -> Void

    package init(boot: String, now: @escaping @Sendable () -> Int64, sleep: @escaping @Sendable (Duration) async throws -> Void) {
        self.boot = boot
        self.now = now
        self.sleep = sleep
    }

    /// The machine's own (CLOCK_BOOTTIME, which is Swift's continuous clock on Linux).
    package static func system(boot: String) -> BootClock {
        let clock = ContinuousClock()
        let epoch = clock.systemEpoch
        return BootClock(boot: boot, now: { (clock.now - epoch).wholeMilliseconds }, sleep: { try await clock.sleep(for: $0) })
    }
}

extension Duration {
    /// Rounded down; at the ends of what 64 bits hold it stays there.
    package var wholeMilliseconds: Int64 {
        let (seconds, attoseconds) = components
        let (product, overflow) = seconds.multipliedReportingOverflow(by: 1000)
        return overflow ? (seconds < 0 ? .min : .max) : product.addingReportingOverflow(attoseconds / 1_000_000_000_000_000).partialValue
    }
}
