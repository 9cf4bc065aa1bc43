import Synchronization
import Testing

/// The oracle is worth what it finds: every planted mistake, within so many seeds.
@Suite(.serialized) struct PlantedBugTests {
    private static let bound: UInt64 = 200

    private struct Catch: Sendable {
        let seed: UInt64
        let complaint: String
    }

    @Test func everyPlantedBugIsFound() async {
        let bugs = PlantedBug.allCases
        let caught = Mutex<[PlantedBug: Catch]>([:])
        await SeedRun.each(bugs.indices.map { UInt64($0) }) { index in
            let bug = bugs[Int(index)]
            for seed in 1...Self.bound {
                let complaint: String?
                do { complaint = try SeedRun.world(seed, seams: bug.seams).complaints.first } catch { complaint = "did not end: \(error)" }
                guard let complaint else { continue }
                caught.withLock { $0[bug] = Catch(seed: seed, complaint: complaint) }
                return
            }
        }
        for bug in bugs {
            let found = caught.withLock { $0[bug] }
            #expect(found != nil, "not found within \(Self.bound) seeds: \(bug)")
            if let found { print("| \(bug) | \(found.complaint.prefix(while: { $0 != "\n" }).prefix(120)) | \(found.seed) |") }
        }
    }
}
