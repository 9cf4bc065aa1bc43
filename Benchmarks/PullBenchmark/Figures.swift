import Foundation

/// CPU time of this process.
func cpuNow() -> Double {
    var time = timespec()
    unsafe clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
}

func median(_ values: [Double]) -> Double { values.sorted()[values.count / 2] }

/// `value` with so many digits behind the point.
func shown(_ value: Double, _ digits: Int) -> String { String(format: "%.\(digits)f", value) }

/// The median of the ratios of runs that stood side by side.
func ratio(_ ours: [Cost], to theirs: [Cost], of figure: (Cost) -> Double) -> Double {
    median(zip(ours, theirs).map { figure($0) / figure($1) })
}

/// A row of medians for each side.
func report(_ sides: [(name: String, costs: [Cost])]) {
    for (name, costs) in sides {
        let rate = shown(median(costs.map(\.packetsPerSecond)), 0)
        let cpu = shown(median(costs.map(\.cpuSecondsPerMegabyte)) * 1000, 1)
        print("  \(name.padding(toLength: 21, withPad: " ", startingAt: 0)) \(rate) packets/s, \(cpu) ms CPU per MB (median of \(costs.count))")
    }
}
