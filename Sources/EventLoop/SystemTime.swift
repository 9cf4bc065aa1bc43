internal import Glibc

/// The machine's wall clock. Anybody may set it: only for times that a person reads.
package enum SystemTime {
    /// Milliseconds since the Unix epoch in UTC (CLOCK_REALTIME).
    package static func milliseconds() -> Int64 { Int64(clamping: now(of: CLOCK_REALTIME) / 1_000_000) }
}
