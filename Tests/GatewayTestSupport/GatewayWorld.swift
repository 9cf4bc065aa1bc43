package import APIClient
package import APIServer
internal import Bytes
internal import Crypto
internal import EventLoop
internal import Foundation
internal import GatewayAPI
package import Ledger
internal import Logging
internal import Radio
package import RecordingStore
package import Recordings
internal import Synchronization

/// A gateway's API over real sockets, a real ledger and real files in a folder of its own; only the radio is scripted.
package struct GatewayWorld: Sendable {
    package static let decodeSecret = "es_decode-token"
    package static let importSecret = "es_import-token"
    package static let readerSecret = "es_reader-token"

    package let folder: String
    package let ledger: Ledger
    package let files: RecordingFiles
    package let radio: ScriptedRadio
    package let activity: ActivityFeed
    package let card: CardInfo
    package let server: GatewayServer

    package var control: GatewayClient { GatewayClient(socket: socket(.control)) }
    package var reader: GatewayClient { GatewayClient(socket: socket(.read)) }
    package func agent(_ token: String?) -> GatewayClient { GatewayClient(socket: socket(.agents), token: token) }
    package var controlSocket: String { socket(.control) }
    package func socket(_ door: Door) -> String { "\(folder)/\(door.rawValue)/api.sock" }

    /// Lends a world whose three doors listen.
    package static func run<R: Sendable>(
        stall: Duration = GatewayServer.stall, remoteRecord: Bool = false, _ body: @escaping @Sendable (GatewayWorld) async throws -> R
    ) async throws -> R {
        let (doors, ready) = AsyncStream.makeStream(of: Door.self)
        let world = try await make(stall: stall, remoteRecord: remoteRecord, isReady: { ready.yield($0) })
        defer { try? FileManager.default.removeItem(atPath: world.folder) }
        return try await withThrowingTaskGroup(of: R?.self) { group in
            group.addTask {
                try await world.server.run()
                return nil
            }
            group.addTask {
                var open: Set<Door> = []
                for await door in doors {
                    open.insert(door)
                    if open.count == Door.allCases.count { break }
                }
                return try await body(world)
            }
            defer { group.cancelAll() }
            while let result = try await group.next() {
                if let result { return result }
            }
            throw CancellationError()
        }
    }

    package static func make(
        stall: Duration = GatewayServer.stall, remoteRecord: Bool = false, isReady: @escaping @Sendable (Door) async -> Void
    ) async throws -> GatewayWorld {
        let folder = "/tmp/es-" + UUID().uuidString.prefix(8)
        for name in ["state", "control", "read", "agents"] {
            try FileManager.default.createDirectory(atPath: "\(folder)/\(name)", withIntermediateDirectories: true)
        }
        let thread = try BlockingThread(name: "test-files")
        let wall = WallClock(now: { UTCTime(milliseconds: Int64(Date().timeIntervalSince1970 * 1000)) }, isSynchronised: { true })
        let routing = Routing([
            .init(when: .recordingStored, queue: "decode"), .init(when: .recordingStored, queue: "upload"),
            .init(when: .buttonPressed(button: "assistant", gesture: nil), queue: "hello"),
        ])
        let ledger = try await Ledger.open(
            at: folder + "/state/ledger.sqlite", name: "hq", routing: routing, environment: LedgerEnvironment(wall: wall, boot: try .system()),
            executor: thread)
        let logger = Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })
        let (owner, _) = try await OwnerKeyring.open(root: folder + "/state", at: wall.now(), executor: thread)
        let files = try await RecordingFiles.open(
            root: folder + "/state", ledger: ledger, settings: StoreSettings(release: .stored, reserve: 0, owner: owner), logger: logger,
            executor: thread)
        let nothing = ForeignText("")
        let card = try await ledger.enroll(
            serial: try expect(CardSerial("A1-0007EC7C21")), name: "anna",
            device: DeviceFacts(manufacturer: ForeignText("Ma\u{1B}ker"), model: nothing, hardware: nothing, firmware: nothing),
            bond: Bond(adapter: "00:00:00:00:00:01", peer: "00:00:00:00:00:02", peerKind: "random", method: .passkey))
        let radio = ScriptedRadio()
        let activity = ActivityFeed()
        let backend = Backend(
            ledger: ledger, files: files, radio: radio, activity: activity, wall: wall, logger: logger, version: "0.1", timeZone: "UTC",
            settings: ScriptedSettings(remoteRecord: remoteRecord))
        let server = GatewayServer(
            backend: backend, sockets: Dictionary(uniqueKeysWithValues: Door.allCases.map { ($0, "\(folder)/\($0.rawValue)/api.sock") }),
            tokens: TokenBook([
                AccessToken(secret: decodeSecret, holder: "queue:decode", scopes: [.queue("decode")]),
                AccessToken(secret: importSecret, holder: "import", scopes: [.import]),
                AccessToken(secret: readerSecret, holder: "agent:reader", scopes: [.read, .events, .annotate("risk")]),
            ]), stall: stall, isReady: isReady)
        return GatewayWorld(
            folder: folder, ledger: ledger, files: files, radio: radio, activity: activity, card: card, server: server)
    }

    /// Stores a recording as a session would, with its RELEASE.
    @discardableResult
    package func store(_ number: UInt32, _ bytes: [UInt8]) async throws -> RecordingInfo {
        let sink = await files.custody(of: card.id)
        let generation = Generation(serial: card.serial, number: 0x5B0C_91AA)
        _ = try await sink.open(generation)
        let listed = ListedRecording(
            number: number, size: UInt64(bytes.count), started: CardTime(.utc(UTCTime(milliseconds: 1_700_000_000_000)), boot: 1),
            durationMilliseconds: 4100, kind: .memo, marks: 1, flags: .complete, firstEvent: 0,
            digestPrefix: Array(SHA256.hash(data: bytes).prefix(8)))
        _ = try await sink.plan(listed: [listed], released: [])
        _ = try await sink.begin(listed)
        try await sink.append(bytes, to: number)
        _ = try await sink.checkpoint(number, proven: true)
        _ = try await sink.seal(listed)
        _ = try await sink.released(number, answer: .accepted)
        return try await ledger.recording(named: "anna/\(number)")
    }

    /// The card has a recording that is not here yet.
    package func list(_ number: UInt32, size: UInt64) async throws {
        let sink = await files.custody(of: card.id)
        _ = try await sink.open(Generation(serial: card.serial, number: 0x5B0C_91AA))
        let listed = ListedRecording(
            number: number, size: size, started: CardTime(.utc(UTCTime(milliseconds: 1_700_000_000_000)), boot: 1), durationMilliseconds: 4100,
            kind: .memo, marks: 0, flags: .complete, firstEvent: 0, digestPrefix: [1, 2, 3, 4, 5, 6, 7, 8])
        _ = try await sink.plan(listed: [listed], released: [])
    }

    /// Commits presses of the assistant button.
    package func press(_ numbers: ClosedRange<UInt32>) async throws {
        let sink = await files.custody(of: card.id)
        _ = try await sink.open(Generation(serial: card.serial, number: 0x5B0C_91AA))
        let events = numbers.map { number in
            CardEvent(
                number: number, time: CardTime(.utc(UTCTime(milliseconds: 1_700_000_000_000 + Int64(number))), boot: 1),
                what: .button(.assistant, .double, recording: nil, offset: 0))
        }
        _ = try await sink.commit(events: events, received: UTCTime(milliseconds: 1_700_000_001_000))
    }
}

package struct Missing: Error {}

package func expect<Value>(_ value: Value?) throws -> Value {
    guard let value else { throw Missing() }
    return value
}

/// Bytes that differ from one another.
package func sample(_ count: Int) -> [UInt8] { (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 8) } }

/// A file that is Ogg Opus by its head, and no two numbers give the same.
package func opusFile(_ count: Int, _ number: UInt8 = 0) -> [UInt8] {
    Array("OggS".utf8) + [UInt8](repeating: 0, count: 22) + [1, 19] + Array("OpusHead".utf8) + [number] + sample(count - 37)
}

package func digest(_ bytes: [UInt8]) throws -> Recordings.SHA256Digest { try expect(Recordings.SHA256Digest(Array(SHA256.hash(data: bytes)))) }
