import APIClient
import Foundation
import GatewayAPI
import Recordings
import SoftwareCard

/// What must be true, as a person can see it from outside: through the API, in the folders, on the card. Each rule that does not hold is a
/// sentence.
struct KillOracle: Sendable {
    /// What a recording gets: decode, upload, and upload of what decode made.
    static let jobs = ["decode", "upload", "upload"]
    static let recordings: [UInt32] = [1, 2]

    let lane: Lane
    let card: SoftwareCard

    /// When the gateway has just been killed.
    func afterTheKill() async throws -> [String] {
        var broken: [String] = []
        let files = try contents(of: lane.places.state.appending(path: "recordings"), "opus")
        for held in await card.report().recordings where held.state == .released {
            let bytes = try await card.object(held.number)
            if !files.values.contains(bytes) { broken.append("The card has released recording \(held.number), and no file here has its bytes.") }
        }
        return broken
    }

    /// When nothing is left to do.
    func atTheEnd() async throws -> [String] {
        var broken: [String] = []
        let client = lane.client
        let here = try contents(of: lane.places.state.appending(path: "recordings"), "opus")
        let there = try contents(of: lane.places.delivered, "opus")
        let deliveries = try await client.deliveries().items
        var names: Set = ["lost+found"]
        for number in Self.recordings {
            let bytes = try await card.object(number)
            let recording = try await client.recording("anna/\(number)")
            names.formUnion(["\(recording.id).opus", "\(recording.id).json"])
            if recording.state.known != .proven || !recording.others.isEmpty { broken.append("Recording \(number) is \(recording.state).") }
            if here["\(recording.id).opus"] != bytes { broken.append("The file of recording \(number) is not the card's.") }
            if there.values.count(where: { $0 == bytes }) != 1 { broken.append("Recording \(number) was not delivered once.") }
            if deliveries.count(where: { $0.recording == recording.id && $0.sha256 == recording.sha256 }) != 1 {
                broken.append("Recording \(number) has \(deliveries.count { $0.recording == recording.id }) deliveries.")
            }
            if recording.artifacts != ["audio.wav"] { broken.append("Recording \(number) has the artifacts \(recording.artifacts).") }
            let why = try await client.why("anna/\(number)")
            if why.state.known != .proven || why.needsPerson { broken.append("`why anna/\(number)`: \(why.answer)") }
        }
        if there.count != Self.recordings.count { broken.append("\(there.count) recordings were delivered.") }
        if try contents(of: lane.places.delivered, "wav").count != Self.recordings.count { broken.append("Not every WAV file was delivered once.") }
        let found = Set(try FileManager.default.contentsOfDirectory(atPath: lane.places.state.appending(path: "recordings").path))
        if found != names { broken.append("The folder holds \(found.symmetricDifference(names).sorted()) too much or too little.") }
        if try !contents(of: lane.places.state.appending(path: "recordings/lost+found"), nil).isEmpty { broken.append("Something was set aside.") }
        return try await broken + events() + jobs() + audit()
    }

    private func events() async throws -> [String] {
        var numbers: [Int64] = []
        var after: Int64 = 0
        while true {
            let page = try await lane.client.events(after: after)
            if page.items.isEmpty { break }
            numbers += page.items.compactMap { $0.data["number"]?.integer }
            after = page.after
        }
        let last = await card.report().lastEvent
        return numbers.sorted() == Array(1...Int64(last)) ? [] : ["Of the card's \(last) events these are here: \(numbers.sorted())."]
    }

    private func jobs() async throws -> [String] {
        let queues = try await lane.client.queues().items
        return Set(Self.jobs).sorted().compactMap { name in
            let queue = queues.first { $0.name == name }
            let expected = Self.jobs.count { $0 == name } * Self.recordings.count
            guard queue?.done != expected || queue?.dead != 0 else { return nil }
            return "Queue \(name) has \(queue?.done ?? 0) done and \(queue?.dead ?? 0) dead jobs instead of \(expected) done."
        }
    }

    private func audit() async throws -> [String] {
        let audit = try await lane.client.audit()
        let count = Self.recordings.count
        let isWhole =
            audit.cards.count == 1
            && audit.cards.allSatisfy {
                ($0.started, $0.held, $0.delivered) == (count, count, count) && $0.events == $0.eventsHeld
            }
        return isWhole && audit.exceptions.isEmpty && audit.unexplained == 0 ? [] : ["The audit is not clean: \(audit.cards) \(audit.exceptions)"]
    }

    /// The files below a folder with this ending, by name.
    private func contents(of folder: URL, _ ending: String?) throws -> [String: [UInt8]] {
        var found: [String: [UInt8]] = [:]
        for path in try FileManager.default.subpathsOfDirectory(atPath: folder.path) {
            let url = folder.appending(path: path)
            guard ending.map({ url.pathExtension == $0 }) ?? true, !url.lastPathComponent.hasPrefix(".") else { continue }
            found[path] = Array(try Data(contentsOf: url))
        }
        return found
    }
}
