internal import Glibc

/// CLOCK_MONOTONIC in nanoseconds, as epoll counts its timeout.
func monotonicNow() -> UInt64 { now(of: CLOCK_MONOTONIC) }

func now(of clock: clockid_t) -> UInt64 {
    var time = timespec()
    unsafe clock_gettime(clock, &time)
    return UInt64(clamping: time.tv_sec) * 1_000_000_000 + UInt64(clamping: time.tv_nsec)
}

extension Duration {
    /// 0 for a negative duration, the largest number for one of more than 584 years.
    var clampedNanoseconds: UInt64 {
        guard self > .zero else { return 0 }
        let (seconds, attoseconds) = components
        let (nanoseconds, overflow) = UInt64(clamping: seconds).multipliedReportingOverflow(by: 1_000_000_000)
        return overflow ? .max : nanoseconds.addingReportingOverflow(UInt64(clamping: attoseconds / 1_000_000_000)).partialValue
    }
}

/// The calling thread's own CPU time in pieces.
struct CPUMeter {
    private var last = now(of: CLOCK_THREAD_CPUTIME_ID)

    /// Nanoseconds used since the call before.
    mutating func lap() -> UInt64 {
        let current = now(of: CLOCK_THREAD_CPUTIME_ID)
        defer { last = current }
        return current - last
    }
}
