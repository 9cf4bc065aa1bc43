internal import HCI

/// What the controllers themselves are: their age decides how fast a recording comes over, and whether it may at all.
enum ControllerCheck {
    /// Bluetooth 4.0, by Assigned Numbers, 2.1: the first with Low Energy.
    private static let oldest: UInt8 = 6

    static let controller = Check("controller", .bluetooth, why: "A controller that hangs or is old brings recordings slowly, or not.") { machine in
        switch machine.controllers() {
        case .failure(let error): return .unknown("\(error)", "See adapter above, or run it with sudo.")
        case .success(let adapters):
            let findings = adapters.map(judge)
            guard !findings.isEmpty else { return .unknown("The kernel has no adapter.", "See adapter above.") }
            // What is worst is what a person has to see.
            let verdict = [.trouble, .unknown, .advice].first { verdict in findings.contains { $0.verdict == verdict } } ?? Finding.Verdict.fine
            let worst = findings.filter { $0.verdict == verdict }
            return Finding(
                verdict: verdict, found: worst.map(\.found).joined(separator: "; "), remedy: worst.first?.remedy, mending: [])
        }
    }

    private static func judge(_ adapter: AdapterFacts) -> Finding {
        let version: ControllerVersion
        switch adapter.version {
        case .failure(let error): return unanswered(adapter, error)
        case .success(let answer): version = answer
        }
        let shown = "\(adapter.name) is \(version)"
        guard version.number >= oldest else {
            return .trouble("\(shown), which has no Low Energy.", "Use an adapter with Bluetooth 4.2 or later.")
        }
        let features: LowEnergyFeatures
        switch adapter.lowEnergy {
        case .failure(let error): return unanswered(adapter, error)
        case .success(let answer): features = answer
        }
        guard features.contains(.encryption) else {
            return .trouble("\(shown), and cannot encrypt.", "Use another adapter: without encryption no card can be paired.")
        }
        let missing = LowEnergyFeatures([.longPackets, .phy2M]).subtracting(features).known
        guard missing.isEmpty else {
            return .advice(
                "\(shown), without \(missing.joined(separator: " and "))",
                "Recordings come over, more slowly: an adapter with Bluetooth 5 takes a half to a third of the time.")
        }
        return .fine("\(shown): \(features.known.joined(separator: ", "))")
    }

    private static func unanswered(_ adapter: AdapterFacts, _ error: AdapterFactsError) -> Finding {
        switch error {
        case .noAnswer: .trouble("\(adapter.name) does not answer the kernel.", "It hangs: unplug it, and plug it in again.")
        case .notPermitted: .needsRoot
        case .down: .unknown("\(adapter.name) is off.", "See adapter-power and rfkill.")
        case .noBluetooth, .gone, .failed: .unknown("\(adapter.name): \(error)", "Look again.")
        }
    }
}
