/// When an adapter's loop last turned. A value without I/O; times are durations since the radio began, in boot time.
struct LoopPulse: Sendable {
    /// From its first turn on until it ends.
    var isRunning = false
    private(set) var turns: UInt64 = 0
    /// Until when its step may keep it from turning.
    private(set) var stepEnds: Duration = .zero

    mutating func turned(stepEnds: Duration) {
        isRunning = true
        turns += 1
        self.stepEnds = stepEnds
    }
}
