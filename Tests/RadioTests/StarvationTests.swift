import Radio
import Testing

/// 200 cards over five slots.
@Suite struct StarvationTests {
    private static let span: Duration = .seconds(2 * 3600)
    /// A nearly full card goes before all that wait less than `headStart` longer; then one round of everybody, with long sessions among them.
    private static let bound: Duration = MeetingPlan.headStart + .seconds(15 * 60)

    @Test(arguments: [1, 2, 3, 4, 5, 6]) func nobodyWaitsForEver(seed: UInt64) {
        // Thirty cards with something new every 20 s take more than all five slots.
        var model = OfficeModel(seed: seed, plan: MeetingPlan(), full: 30)
        let report = model.run(until: Self.span)
        #expect(report.met.count == 200)
        #expect(report.longest <= Self.bound, "\(report.longest), ordinary \(report.ordinary.max() ?? .zero), full \(report.full.max() ?? .zero)")
        #expect(report.refusals > 0 && report.refusals < 20, "the five slots were learned: \(report.refusals)")
    }

    @Test(arguments: [11, 12, 13]) func nearlyFullCardsGoFirst(seed: UInt64) {
        var model = OfficeModel(seed: seed, plan: MeetingPlan(), full: 6)
        let report = model.run(until: Self.span)
        #expect(report.longest <= Self.bound)
        func mean(_ waits: [Duration]) -> Duration { waits.reduce(.zero, +) / max(1, waits.count) }
        #expect(mean(report.full) < mean(report.ordinary), "\(mean(report.full)) and \(mean(report.ordinary))")
    }

    /// What these tests are good for: a plan without ageing, and sessions that never yield, are noticed.
    @Test func plantedBugsAreCaught() {
        var unfair = OfficeModel(seed: 1, plan: MeetingPlan(headStart: .seconds(1_000_000)), full: 30)
        let starved = unfair.run(until: Self.span)
        #expect(starved.longest > Self.bound, "\(starved.longest)")
        var stubborn = OfficeModel(seed: 1, plan: MeetingPlan(), full: 30)
        let held = stubborn.run(until: Self.span, yields: false)
        #expect(held.longest > Self.bound, "\(held.longest)")
    }
}
