import APIClient
import Daemon
import Foundation
import GatewayAPI
import Recordings
import StubGateway
import Testing
import Uploading
import Workers

@Suite("Delivery to a folder")
struct DestinationFolderTests {
    static let key = "{card}/{started:%Y-%m}/{started:%d}_{card}-{number}.opus"

    private let folder: Folder
    private let root: String

    init() throws {
        folder = try Folder()
        root = folder.path(of: "out")
        try FileManager.default.createDirectory(atPath: root, withIntermediateDirectories: false)
    }

    /// Uploads a recording through the stub; the outcome.
    private func upload(
        _ bytes: [UInt8], recording: RecordingMessage? = nil, wav: [UInt8]? = nil, data: JSONValue? = nil, said: SHA256Digest? = nil,
        cuts: [Int] = [], whenFetched: (@Sendable () -> Void)? = nil
    ) async throws -> LeaseLoop.Outcome {
        let sha256 = try Samples.digest(bytes)
        let recording = try recording ?? Samples.recording(bytes, sha256: sha256, annotations: ["audio"], artifacts: wav == nil ? [] : ["audio.wav"])
        let uploader = Uploader(try DestinationFolder("archive", FolderDestination(path: root, key: Self.key)))
        let wavDigest = try wav.map(Samples.digest)
        return try await StubGateway.serve(at: folder.path(of: "s")) { stub, client in
            await stub.set(
                recording, files: ["audio": bytes].merging(wav.map { ["artifacts/audio.wav": $0] } ?? [:]) { $1 },
                annotations: ["audio": .object(["duration_ms": .integer(4100)])], cuts: cuts,
                whenFetched: whenFetched)
            await stub.say(said ?? sha256, of: bytes)
            if let wav, let wavDigest { await stub.say(wavDigest, of: wav) }
            return try await uploader.work(client, Samples.job("upload", recording, data: data))
        }
    }

    /// All files below the root with their content; hidden ones, too.
    private func files() throws -> [String: [UInt8]] {
        var files: [String: [UInt8]] = [:]
        for case let path as String in try #require(FileManager.default.enumerator(atPath: root)) {
            let whole = root + "/" + path
            guard try FileManager.default.attributesOfItem(atPath: whole)[.type] as? FileAttributeType == .typeRegular else { continue }
            files[path] = Array(try #require(FileManager.default.contents(atPath: whole)))
        }
        return files
    }

    @Test func `a recording, its sidecar, and the claim`() async throws {
        let bytes = Array("a recording".utf8)
        let outcome = try await upload(bytes, cuts: [4])
        guard case .done(let done) = outcome else {
            Issue.record("\(outcome)")
            return
        }
        #expect(
            done.delivery
                == DeliveryClaimMessage(destination: "archive", object: "anna/2026-11/23_anna-214.opus", sha256: try Samples.digest(bytes), size: 11))
        let files = try files()
        #expect(files.keys.sorted() == ["anna/2026-11/23_anna-214.json", "anna/2026-11/23_anna-214.opus"])
        #expect(files["anna/2026-11/23_anna-214.opus"] == bytes)
        let sidecar = try APIJSON.decode(JSONValue.self, from: try #require(files["anna/2026-11/23_anna-214.json"]))
        #expect(sidecar["ref"]?.string == "anna/214")
        #expect(sidecar["sha256"]?.string == (try Samples.digest(bytes)).description)
        #expect(sidecar["annotations"]?["audio"]?["duration_ms"]?.integer == 4100)
        #expect(sidecar["audio"] == nil)
        let attributes = try FileManager.default.attributesOfItem(atPath: root + "/anna/2026-11/23_anna-214.opus")
        #expect(attributes[.posixPermissions] as? Int == 0o640)
    }

    @Test func `said again, also after a crash in the middle, it is the same object`() async throws {
        let bytes = Array("a recording".utf8)
        let recording = try Samples.recording(bytes, sha256: try Samples.digest(bytes))
        let first = try await upload(bytes, recording: recording)
        // A crash left a torn hidden file, and the sidecar is not there yet.
        try Data("torn".utf8).write(to: URL(filePath: root + "/anna/2026-11/.\(recording.id).opus.part"))
        try FileManager.default.removeItem(atPath: root + "/anna/2026-11/23_anna-214.json")
        let second = try await upload(bytes, recording: recording)
        guard case .done(let one) = first, case .done(let two) = second else {
            Issue.record("\(first) \(second)")
            return
        }
        #expect(one == two)
        try FileManager.default.removeItem(atPath: root + "/anna/2026-11/23_anna-214.opus")
        _ = try await upload(bytes, recording: recording)
        #expect(try files().keys.sorted() == ["anna/2026-11/23_anna-214.json", "anna/2026-11/23_anna-214.opus"])
    }

    @Test func `a name that something else has stays its own`() async throws {
        let folder = root + "/anna/2026-11"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        try Data("another's".utf8).write(to: URL(filePath: folder + "/23_anna-214.opus"))
        let bytes = Array("a recording".utf8)
        let recording = try Samples.recording(bytes, sha256: try Samples.digest(bytes))
        guard case .done(let done) = try await upload(bytes, recording: recording) else {
            Issue.record("not delivered")
            return
        }
        #expect(done.delivery?.object == "anna/2026-11/23_anna-214_\(recording.id).opus")
        // The same name, another recording's sidecar only.
        try FileManager.default.removeItem(atPath: folder + "/23_anna-214.opus")
        try Data(#"{"id":"rec_other"}"#.utf8).write(to: URL(filePath: folder + "/23_anna-214.json"))
        guard case .done(let again) = try await upload(bytes, recording: recording) else {
            Issue.record("not delivered")
            return
        }
        #expect(again.delivery?.object == done.delivery?.object)
        #expect(try files()["anna/2026-11/23_anna-214.json"] == Array(#"{"id":"rec_other"}"#.utf8))
    }

    /// Two gateways whose names have no identifier in them: what the other one put there while this one fetched is its own.
    @Test func `a name that is taken while the recording is fetched stays its own`() async throws {
        let folder = root + "/anna/2026-11"
        let bytes = Array("a recording".utf8)
        let recording = try Samples.recording(bytes, sha256: try Samples.digest(bytes))
        let outcome = try await upload(bytes, recording: recording) {
            _ = FileManager.default.createFile(atPath: folder + "/23_anna-214.opus", contents: Data("another's".utf8))
        }
        guard case .done(let done) = outcome else {
            Issue.record("\(outcome)")
            return
        }
        #expect(done.delivery?.object == "anna/2026-11/23_anna-214_\(recording.id).opus")
        let files = try files()
        #expect(files["anna/2026-11/23_anna-214.opus"] == Array("another's".utf8))
        #expect(files["anna/2026-11/23_anna-214_\(recording.id).opus"] == bytes)
        #expect(
            files.keys.sorted() == [
                "anna/2026-11/23_anna-214.opus", "anna/2026-11/23_anna-214_\(recording.id).json", "anna/2026-11/23_anna-214_\(recording.id).opus",
            ])
    }

    @Test func `a WAV file that somebody else put there stays as it is`() async throws {
        let folder = root + "/anna/2026-11"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        try Data("another's".utf8).write(to: URL(filePath: folder + "/23_anna-214.wav"))
        let bytes = Array("a recording".utf8)
        let recording = try Samples.recording(bytes, sha256: try Samples.digest(bytes), artifacts: ["audio.wav"])
        let stem = "anna/2026-11/23_anna-214_\(recording.id)"
        for _ in 0..<2 {
            guard case .done(let done) = try await upload(bytes, recording: recording, wav: [1, 2, 3]) else {
                Issue.record("not delivered")
                return
            }
            #expect(done.delivery?.object == stem + ".opus")
        }
        let files = try files()
        #expect(files["anna/2026-11/23_anna-214.wav"] == Array("another's".utf8))
        #expect(files[stem + ".wav"] == [1, 2, 3])
        #expect(files.count == 4)
    }

    @Test func `bytes with another digest never appear`() async throws {
        let other = try Samples.digest([1])
        await #expect(throws: Download.Failure.self) { try await upload(Array("a recording".utf8), said: other) }
        #expect(try files() == [:])
    }

    @Test func `the WAV file comes beside it, by its own job or with the recording's`() async throws {
        let bytes = Array("a recording".utf8)
        let wav = [UInt8](repeating: 3, count: 200_000)
        let id = try Samples.recording(bytes, sha256: try Samples.digest(bytes)).id
        let without = try Samples.recording(bytes, sha256: try Samples.digest(bytes), id: id)
        let with = try Samples.recording(bytes, sha256: try Samples.digest(bytes), artifacts: ["audio.wav", "secret.bin"], id: id)
        _ = try await upload(bytes, recording: without)
        #expect(try files()["anna/2026-11/23_anna-214.wav"] == nil)
        let data = JSONValue.object(["artifacts": .array([.string("audio.wav")])])
        for _ in 0..<2 {
            guard case .done(let done) = try await upload(bytes, recording: with, wav: wav, data: data, cuts: []) else {
                Issue.record("not done")
                return
            }
            #expect(done.delivery == nil)
            #expect(try files()["anna/2026-11/23_anna-214.wav"] == wav)
        }
        #expect(try files().count == 3)
    }

    @Test func `a card's name never leads out of the folder`() async throws {
        let bytes = Array("a recording".utf8)
        let recording = try Samples.recording(bytes, sha256: try Samples.digest(bytes), name: "../../escape")
        _ = try await upload(bytes, recording: recording)
        #expect(try files().keys.allSatisfy { $0.hasPrefix("_._.._escape/") })
        #expect(Set(try FileManager.default.contentsOfDirectory(atPath: folder.path)).isSubset(of: ["out", "s"]))
    }

    @Test func `a link in the folder is not followed`() async throws {
        let elsewhere = folder.path(of: "elsewhere")
        try FileManager.default.createDirectory(atPath: elsewhere, withIntermediateDirectories: false)
        try FileManager.default.createSymbolicLink(atPath: root + "/anna", withDestinationPath: elsewhere)
        guard case .failed(let failed) = try await upload(Array("a recording".utf8)) else {
            Issue.record("delivered through a link")
            return
        }
        #expect(failed.retry == true && failed.afterSeconds == 60)
        #expect(try FileManager.default.contentsOfDirectory(atPath: elsewhere) == [])
    }

    @Test func `a folder that is not there is said at the start and never made`() {
        #expect { try DestinationFolder("archive", FolderDestination(path: root + "/missing")) } throws: {
            String(describing: $0).contains("archive") && String(describing: $0).contains("missing")
        }
        #expect(!FileManager.default.fileExists(atPath: root + "/missing"))
        #expect(throws: DestinationFolder.Failure.self) { try DestinationFolder("archive", FolderDestination(path: root, key: "{x}.opus")) }
    }
}
