import APIClient
import Crypto
import Foundation
import GatewayAPI
import Glibc
import Recordings
import Subprocess
import SystemPackage
import TestSupport
import Testing

/// earshotd killed (-9) while a file comes in, at thirteen moments: afterwards it has the whole recording or nothing of it, and the same file brought
/// again is the same recording, once.
@Suite(.timeLimit(.minutes(15))) struct ImportKillTests {
    private static let piece = 64 << 10
    private static let pieces = 48

    /// When it is killed.
    private enum Moment: Hashable, CustomStringConvertible {
        /// With so many pieces in its folder, the rest never sent.
        case received(Int)
        /// All was sent, and so many looks at its folder later: while it makes it durable, reads it again, writes it down.
        case looked(Int)
        /// When it has said that the recording is here.
        case answered

        var description: String {
            switch self {
            case .received(let pieces): "\(pieces) pieces received"
            case .looked(let times): "all sent, \(times) looks later"
            case .answered: "answered"
            }
        }
    }

    private static let moments: [Moment] =
        [1, 17, 47].map { .received($0) } + [0, 1, 4, 16, 64, 128, 256, 512, 1024].map { .looked($0) } + [.answered]

    private struct File {
        let bytes: [UInt8]
        let sha256: Recordings.SHA256Digest

        /// A WAV file, another for each number.
        init(_ number: Int) throws {
            var random = UInt64(number + 1)
            var bytes = Array("RIFF\0\0\0\0WAVEfmt ".utf8)
            while bytes.count < piece * pieces {
                random ^= random << 13
                random ^= random >> 7
                random ^= random << 17
                bytes += (0..<8).map { UInt8(truncatingIfNeeded: random >> ($0 * 8)) }
            }
            self.bytes = Array(bytes.prefix(piece * pieces))
            let digest = Recordings.SHA256Digest(Array(SHA256.hash(data: self.bytes)))
            sha256 = try #require(digest)
        }
    }

    @Test func whatIsKilledInTheMiddleHasItWholeOrNot() async throws {
        try await PrivateBus.with { bus in
            let places = Places(bus)
            var whole = 0
            for (number, moment) in Self.moments.enumerated() {
                let file = try File(number)
                var answered: String?
                try await life(places, isKilled: true) { client, kill in
                    answered = try? await bring(file, to: client, moment, places, kill)
                }
                try await life(places) { client, _ in
                    let found = try await client.recording(with: file.sha256)
                    if case .received = moment { #expect(found == nil, "\(moment)") }
                    // Whoever was told that it is here may have deleted the file.
                    if let answered { #expect(found?.id.description == answered, "\(moment)") }
                    whole += found == nil ? 0 : 1
                    let (recording, isNew) = try await bring(file, to: client)
                    #expect(isNew == (found == nil) && recording.sha256 == file.sha256, "\(moment)")
                    #expect(found == nil || found?.id == recording.id, "\(moment)")
                    let now = try places.recordings()
                    // Each recording once, with its sidecar, and nothing of what was interrupted.
                    #expect(now.count == 2 * (number + 1) && now.allSatisfy { $0.size > 0 }, "\(moment): \(now.map(\.name))")
                    #expect(now.count { $0.size == Self.piece * Self.pieces } == number + 1, "\(moment)")
                    let held = try places.content(recording.id.description)
                    #expect(held == file.bytes, "\(moment)")
                }
            }
            try await life(places) { client, _ in
                let audit = try await client.audit()
                #expect(audit.unexplained == 0, "\(audit)")
                #expect(try await client.recordings().items.count == Self.moments.count)
            }
            #expect(whole > 0 && whole < Self.moments.count)
        }
    }

    /// Brings a file, and kills the gateway at the moment that is given.
    ///
    /// - Returns: the recording's id when the gateway was faster.
    private func bring(
        _ file: File, to client: GatewayClient, _ moment: Moment, _ places: Places, _ kill: @escaping @Sendable () -> Void
    ) async throws -> String {
        let request = GatewayClient.ImportRequest(file: "x.wav", sha256: file.sha256, size: UInt64(file.bytes.count))
        let (recording, _) = try await client.importRecording(request) { writer in
            for number in 0..<Self.pieces {
                if moment == .received(number) {
                    while try places.recordings().allSatisfy({ $0.isRecording || $0.size < number * Self.piece }) {
                        try await ContinuousClock().sleep(for: .milliseconds(2))
                    }
                    return kill()
                }
                try await writer.write(Array(file.bytes[number * Self.piece..<(number + 1) * Self.piece]))
            }
            guard case .looked(let times) = moment else { return }
            for _ in 0..<times { _ = try places.recordings() }
            kill()
        }
        if moment == .answered { kill() }
        return recording.id.description
    }

    private func bring(_ file: File, to client: GatewayClient) async throws -> (RecordingMessage, Bool) {
        let request = GatewayClient.ImportRequest(file: "x.wav", sha256: file.sha256, size: UInt64(file.bytes.count))
        return try await client.importRecording(request) { try await $0.write(file.bytes) }
    }

    private struct Places: Sendable {
        let environment: [Environment.Key: String?]
        let state: URL
        let socket: String

        init(_ bus: PrivateBus) {
            state = bus.folder.appending(path: "state")
            let run = bus.folder.appending(path: "run").path
            environment = [
                "DBUS_SYSTEM_BUS_ADDRESS": bus.addressText, "EARSHOT_STATE": state.path, "EARSHOT_RUN": run,
                "EARSHOT_CONFIG": bus.folder.appending(path: "earshot.toml").path, "NOTIFY_SOCKET": nil,
            ]
            socket = run + "/control/api.sock"
            try? Data("[gateway]\nclock = \"trusted\"\n[storage]\nreserve = \"1 MiB\"\n".utf8).write(to: bus.folder.appending(path: "earshot.toml"))
        }

        struct Entry: Sendable {
            let name: String
            let size: Int
            var isRecording: Bool { name.hasPrefix("rec_") }
        }

        func recordings() throws -> [Entry] {
            let folder = state.appending(path: "recordings").path
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder + "/lost+found") == [])
            return try FileManager.default.contentsOfDirectory(atPath: folder).filter { $0 != "lost+found" }.compactMap { name in
                // It may be gone or have another name by now.
                guard let facts = try? FileManager.default.attributesOfItem(atPath: folder + "/" + name) else { return nil }
                return Entry(name: name, size: facts[.size] as? Int ?? 0)
            }
        }

        func content(_ id: String) throws -> [UInt8] {
            let entry = try #require(try recordings().first { $0.name.hasPrefix(id) && $0.size == piece * pieces })
            return Array(try Data(contentsOf: state.appending(path: "recordings/\(entry.name)")))
        }
    }

    /// Starts earshotd, lends a client and the means to kill it, and ends it if nobody did.
    private func life(
        _ places: Places, isKilled: Bool = false, _ body: (GatewayClient, @escaping @Sendable () -> Void) async throws -> Void
    ) async throws {
        var failure: (any Error)?
        let daemon = try await Subprocess.run(
            .path(FilePath(try BuiltProducts.path(of: "earshotd"))), environment: .inherit.updating(places.environment), input: .none,
            output: .sequence, error: .string(limit: 1 << 20)
        ) { process in
            for try await line in process.standardOutput.strings() where line.hasPrefix("ready ") {
                let pid = process.processIdentifier.value
                do {
                    try await body(GatewayClient(socket: places.socket)) { _ = Glibc.kill(pid, SIGKILL) }
                } catch { failure = error }
                if !isKilled || failure != nil { try process.send(signal: .terminate) }
            }
        }
        if let failure { throw failure }
        #expect(daemon.terminationStatus == (isKilled ? .signaled(SIGKILL) : .exited(0)), "\(daemon.standardError.suffix(2000))")
    }
}
