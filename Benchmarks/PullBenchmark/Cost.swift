/// What one run took, all threads of the process together.
struct Cost {
    let bytes: Int
    let packets: Int
    let seconds: Double
    let cpuSeconds: Double

    var packetsPerSecond: Double { Double(packets) / seconds }
    var cpuSecondsPerMegabyte: Double { cpuSeconds / (Double(bytes) / 1e6) }
}
