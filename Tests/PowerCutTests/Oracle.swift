import Foundation
import Ledger
import RecordingStore
import Recordings
import SoftwareCard

/// What must be true. Each rule that does not hold is a sentence.
struct Oracle: Sendable {
    /// The recordings as the card made them, by number.
    let truth: [UInt32: [UInt8]]
    let root: URL

    /// When the gateway has started again and nothing more was said: what it had promised before the power cut is still so.
    func afterRecovery(_ life: GatewayLife, _ start: Moment) async throws -> [String] {
        var broken: [String] = []
        let report = await life.card.report()
        for held in report.recordings where held.state == .released {
            let info = try await find(held.number, life)
            guard let info, info.isHeld else {
                broken.append("The card has released recording \(held.number); here it is \(info?.state.rawValue ?? "unknown").")
                continue
            }
            if try await life.bytes(of: info.id) != truth[held.number] {
                broken.append("Recording \(held.number) was released and its file is not the card's.")
            }
        }
        let events = try await numbers(life)
        for number in 1..<max(1, report.lastAcknowledged + 1) where !events.contains(number) {
            broken.append("The card has forgotten event \(number), and it is not here.")
        }
        let jobs = try await life.ledger.jobs(limit: 500).items
        for key in start.done where jobs.first(where: { $0.key == key })?.state != .done {
            broken.append("Job \(key) was done, and is not any more.")
        }
        return broken
    }

    /// When nothing is left to do.
    func atTheEnd(_ life: GatewayLife) async throws -> [String] {
        var broken: [String] = []
        let ledger = life.ledger
        let report = await life.card.report()
        for (number, bytes) in truth.sorted(by: { $0.key < $1.key }) {
            guard let info = try await find(number, life) else {
                broken.append("Recording \(number) is not here.")
                continue
            }
            if info.state != .proven || !info.others.isEmpty {
                broken.append("Recording \(number) is \(info.state.rawValue), with \(info.others.count) others.")
            }
            if info.isHeld, try await life.bytes(of: info.id) != bytes { broken.append("The file of recording \(number) is not the card's.") }
            if try await ledger.deliveries(of: info.id).map(\.destination) != [GatewayLife.destination] {
                broken.append("Recording \(number) has \(try await ledger.deliveries(of: info.id).count) deliveries.")
            }
            if life.chronicle.copy(info.key) != bytes { broken.append("The destination's copy of recording \(number) is not the card's.") }
            if info.artifacts != [Worker.artifact] {
                broken.append("Recording \(number) has the artifacts \(info.artifacts).")
            } else if try await GatewayLife.bytes(of: life.files.openArtifact(of: info.id, name: Worker.artifact)) != Worker.decoded(bytes) {
                broken.append("The artifact of recording \(number) is not what was made.")
            }
            if try sidecar(of: info.id) != Sidecar(sha256: info.sha256?.description, size: bytes.count) {
                broken.append("The sidecar of recording \(number) does not tell what it is.")
            }
            if case .recording(let facts) = try await ledger.why("anna/\(number)"), facts.recording == info, !facts.history.isEmpty {
            } else {
                broken.append("`why anna/\(number)` does not answer with its state.")
            }
        }
        for held in report.recordings where held.state != .released {
            broken.append("The card still holds recording \(held.number) as \(held.state).")
        }
        let events = try await numbers(life)
        if events != Array(1...report.lastEvent) { broken.append("Of the card's \(report.lastEvent) events these are here: \(events).") }
        if report.lastAcknowledged != report.lastEvent { broken.append("The card waits to have event \(report.lastEvent) acknowledged.") }
        broken += try await jobs(ledger)
        let audit = try await ledger.audit()
        if let exception = audit.exceptions.first { broken.append("The audit is not clean: \(exception.what), \(exception.cause)") }
        let counts = audit.cards.map { [$0.started, $0.held, $0.delivered] }
        if counts != [[truth.count, truth.count, truth.count]] { broken.append("The audit counts \(counts).") }
        return broken + names(try await ledger.recordings().items.map(\.id))
    }

    private func jobs(_ ledger: Ledger) async throws -> [String] {
        let jobs = try await ledger.jobs(limit: 500).items
        var broken = jobs.filter { $0.state != .done }.map { "Job \($0.key) is \($0.state.rawValue)." }
        // For each recording decode, upload, and upload of what decode made; for each press one.
        let expected = truth.count * 3 + Story.presses
        if jobs.count != expected || Set(jobs.map(\.key)).count != expected { broken.append("\(jobs.count) jobs instead of \(expected).") }
        return broken
    }

    private struct Sidecar: Decodable, Equatable {
        let sha256: String?
        let size: Int
    }

    private func sidecar(of id: RecordingID) throws -> Sidecar? {
        try? JSONDecoder().decode(Sidecar.self, from: try Data(contentsOf: root.appending(path: "recordings/\(id).json")))
    }

    /// Nothing is in the folder but the recordings and their sidecars.
    private func names(_ recordings: [RecordingID]) -> [String] {
        let expected = Set(recordings.flatMap { ["\($0).opus", "\($0).json"] } + ["lost+found"])
        let found = Set((try? FileManager.default.contentsOfDirectory(atPath: root.appending(path: "recordings").path)) ?? [])
        return found == expected ? [] : ["The folder holds \(found.symmetricDifference(expected).sorted()) too much or too little."]
    }

    private func find(_ number: UInt32, _ life: GatewayLife) async throws -> RecordingInfo? {
        do { return try await life.ledger.recording(named: "anna/\(number)") } catch let error as LedgerError where error.code == .notFound {
            return nil
        }
    }

    /// Of the card's events that are held, in order.
    private func numbers(_ life: GatewayLife) async throws -> [UInt32] {
        try await life.ledger.events(after: 0, limit: 500).items.compactMap(\.number).sorted()
    }
}
