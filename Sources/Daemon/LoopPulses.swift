/// When each loop of a process was last seen to turn, and what that means for the watchdog.
///
/// A loop that does not turn for half a period is late. A late loop whose thread waits for the disk is excused once for each stall, for one
/// period: killing a process does not make a disk answer sooner, but nobody should wait for ever either.
package struct LoopPulses: Sendable {
    package enum Verdict: Sendable, Hashable {
        case alive
        /// Late, and excused for the first time: its thread is in this system call.
        case excused(loop: String, call: String)
        case late(loop: String, for: Duration)
    }

    private struct Pulse {
        let name: String
        var last: Duration
        /// Until when the stall that lasts is excused.
        var excusedUntil: Duration?
    }

    private let period: Duration
    private var pulses: [Pulse]

    package init(period: Duration, loops: [String], now: Duration) {
        self.period = period
        pulses = loops.map { Pulse(name: $0, last: now) }
    }

    /// The loop at this position has turned.
    package mutating func turned(_ position: Int, at now: Duration) {
        pulses[position].last = now
        pulses[position].excusedUntil = nil
    }

    /// - Parameter call: the system call in which a loop's thread waits for the disk now.
    package mutating func verdict(at now: Duration, call: (Int) -> String?) -> Verdict {
        var first: Verdict?
        for position in pulses.indices where now - pulses[position].last > period / 2 {
            let pulse = pulses[position]
            if let end = pulse.excusedUntil {
                if now < end { continue }
            } else if let call = call(position) {
                pulses[position].excusedUntil = now + period
                first = first ?? .excused(loop: pulse.name, call: call)
                continue
            }
            return .late(loop: pulse.name, for: now - pulse.last)
        }
        return first ?? .alive
    }
}
