import GATT
import Recordings
import TestSupport

/// What goes wrong outside of the cards.
extension World {
    /// Returns when the trouble is over, or will come by itself.
    func suffer(_ trouble: Trouble) async throws {
        switch trouble {
        case .link(let card, let disturbance): cards[card].faults.disturbances.add(disturbance)
        case .slow(let card, let rate, let lasting):
            let before = cards[card].faults.report.deliveredValues
            cards[card].faults.setRate(rate)
            try await executor.clock.sleep(for: lasting)
            cards[card].faults.setRate(nil)
            if cards[card].faults.report.deliveredValues > before { tally.hit(.host(.slowLink)) }
        case .away(let card, let lasting):
            air.setInRange(false, device: cards[card].address)
            try await executor.clock.sleep(for: lasting)
            air.setInRange(true, device: cards[card].address)
            tally.hit(.host(.outOfRange))
        case .adapterOff(let gateway, let lasting):
            gateways[gateway].setPowered(false)
            try await executor.clock.sleep(for: lasting)
            gateways[gateway].setPowered(true)
            tally.hit(.host(.adapterOff))
        case .cancelSession(let gateway, let jobs): cancellations[gateway].add(jobs)
        case .stop(let gateway, let jobs, let lasting):
            await executor.afterJobs(jobs)
            gateways[gateway].setWanted(false)
            try await gateways[gateway].isRunning(false)
            tally.hit(.host(.gatewayStopped))
            try await executor.clock.sleep(for: lasting)
            gateways[gateway].setWanted(true)
        case .kill(let gateway, let jobs):
            await executor.afterJobs(jobs)
            if try gateways[gateway].kill() { tally.hit(.host(.gatewayKilled)) }
        case .disk(let gateway, let disk, let lasting):
            try gateways[gateway].arm(disk)
            try await executor.clock.sleep(for: lasting)
            gateways[gateway].healDisk()
        case .clockJumps(let gateway, let distance, let lasting):
            if try await wrong(GatewayClock.State(offset: distance, isSynchronised: true), at: gateway, lasting) {
                tally.hit(.host(.gatewayClockJumps))
            }
        case .clockUnset(let gateway, let lasting):
            if try await wrong(GatewayClock.State(offset: .seconds(-800_000_000), isSynchronised: false), at: gateway, lasting) {
                tally.hit(.host(.gatewayClockUnset))
            }
        }
    }

    /// - Returns: whether the gateway asked its clock meanwhile.
    private func wrong(_ state: GatewayClock.State, at gateway: Int, _ lasting: Duration) async throws -> Bool {
        let clock = gateways[gateway].clock
        let before = clock.asked
        clock.set(state)
        try await executor.clock.sleep(for: lasting)
        let wasAsked = clock.asked > before
        clock.set(GatewayClock.State())
        return wasAsked
    }
}
