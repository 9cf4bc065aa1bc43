import BlueZ
import DBus
import Drivers
import EventLoop
import Foundation
import GATT
import Logging
import Recordings
import Subprocess
import SystemPackage

/// One recording from the software card on the simulated BlueZ, by our client and by bleak's. Both use one bond.
enum WholePull {
    private static let rounds = 5
    /// Half an hour of speech: some megabytes.
    private static let seconds = 1800
    private static let adapter = DeviceAddress(0x00_1A_7D_DA_71_01, kind: .public)

    private struct Peer: Decodable {
        let address: String
        let bytes: Int
        let packets: Int
        let seconds: Double
        let cpuSeconds: Double
        let checkCpuSeconds: Double

        /// With its CRC-32C and SHA-256, which a pull by the profile is not complete without.
        var whole: Cost { Cost(bytes: bytes, packets: packets, seconds: seconds + checkCpuSeconds, cpuSeconds: cpuSeconds + checkCpuSeconds) }
        var receiving: Cost { Cost(bytes: bytes, packets: packets, seconds: seconds, cpuSeconds: cpuSeconds) }
    }

    static func compare(python: String, script: String) async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "earshot-pull-\(UUID().uuidString.prefix(8))")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let address = "unix:path=\(folder.path)/bus"
        let environment: [Environment.Key: String?] = [
            "DBUS_SYSTEM_BUS_ADDRESS": address, "EARSHOT_CARDS": "\(folder.path)/cards", "EARSHOT_LOG": "error",
        ]
        try await running(.name("dbus-daemon"), ["--session", "--nofork", "--nopidfile", "--print-address", "--address=\(address)"], [:]) {
            try await running(.path(FilePath(try card())), ["simulate", "anna"], environment) {
                let sound = "/usr/share/sounds/alsa/Front_Center.wav"
                _ = try await output(of: .path(FilePath(try card())), ["anna", "record", sound, "--length", "\(seconds)"], environment)
                _ = try await output(of: .path(FilePath(try card())), ["anna", "pair"], environment)
                guard let bus = DBusAddress(address) else { throw Failure("no bus") }
                let bleak: @Sendable (Bool) async throws -> Peer = { hasPrivateSocket in
                    let text = try await output(
                        of: python.contains("/") ? .path(FilePath(python)) : .name(python),
                        [script, "\(folder.path)/bleak.opus", "--recording", "1"] + (hasPrivateSocket ? ["--private-socket"] : [])
                            + ["--passkey-command", try card(), "anna", "passkey"], environment)
                    let decoder = JSONDecoder()
                    decoder.keyDecodingStrategy = .convertFromSnakeCase
                    return try decoder.decode(Peer.self, from: Data(text.utf8))
                }
                // The first one pairs, and is not counted.
                let first = try await bleak(true)
                guard let peer = DeviceAddress(first.address, kind: .random) else { throw Failure("no card") }
                var ours: [Cost] = []
                var theirs: (shared: [Peer], private: [Peer]) = ([], [])
                for _ in 0..<rounds {
                    ours.append(try await own(on: bus, peer, file: "\(folder.path)/own.opus"))
                    theirs.shared.append(try await bleak(false))
                    theirs.private.append(try await bleak(true))
                }
                let same = FileManager.default.contentsEqual(atPath: "\(folder.path)/own.opus", andPath: "\(folder.path)/bleak.opus")
                guard same else { throw Failure("the two did not pull the same bytes") }
                print("whole pull of \(first.bytes) bytes from the software card on the simulated BlueZ, the same bytes by both")
                report([
                    ("Earshot, with CRC", ours), ("bleak, StartNotify", theirs.shared.map(\.whole)),
                    ("  receiving alone", theirs.shared.map(\.receiving)),
                    ("bleak, AcquireNotify", theirs.private.map(\.whole)), ("  receiving alone", theirs.private.map(\.receiving)),
                ])
                func part(_ theirs: [Cost]) -> String { shown(ratio(ours, to: theirs, of: \.cpuSecondsPerMegabyte), 2) }
                print(
                    "  CPU per MB, Earshot to bleak: \(part(theirs.shared.map(\.whole))) of its default (aim: at most 0.10), \(part(theirs.private.map(\.whole))) of AcquireNotify"
                )
                print("  to what it takes to receive alone: \(part(theirs.shared.map(\.receiving))) and \(part(theirs.private.map(\.receiving)))")
            }
        }
    }

    private static func card() throws -> String {
        URL(filePath: try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")).deletingLastPathComponent()
            .appending(path: "earshot-card").path
    }

    private static func own(on address: DBusAddress, _ peer: DeviceAddress, file: String) async throws -> Cost {
        let agenda = CardAgenda()
        let sink = CountingSink(number: 1, file: try FileSink(path: file)) { agenda.askToYield() }
        let receive = try ReceiveLoop()
        try await DBusConnection.withConnection(to: address) { bus in
            let central = BlueZCentral(bus: bus, receive: receive)
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await central.run() }
                group.addTask {
                    let context = SessionContext(
                        card: CardID.make(at: UTCTime(milliseconds: 0)), clock: ContinuousClock(),
                        wallClock: WallClock(now: { UTCTime(milliseconds: 0) }, isSynchronised: { false }), activity: ActivityFeed(),
                        logger: Logger(label: "benchmark"), allowSharedTransfer: false, bondIsAuthenticated: true, agenda: agenda)
                    let report = try await central.withConnection(
                        to: peer, on: adapter, services: [RecorderCardDriver.service], within: .seconds(30)
                    ) { card in
                        try await RecorderCardDriver().session(on: card, into: sink, context: context)
                    }
                    guard sink.cost != nil else { throw Failure("our session ended early: \(report.end)") }
                }
                defer { group.cancelAll() }
                try await group.next()
            }
        }
        guard let cost = sink.cost else { throw Failure("our session brought nothing") }
        return cost
    }

    // MARK: Processes

    private static func output(of executable: Executable, _ arguments: [String], _ environment: [Environment.Key: String?]) async throws -> String {
        let result = try await Subprocess.run(
            executable, arguments: Arguments(arguments), environment: .inherit.updating(environment), output: .string(limit: 1 << 20),
            error: .string(limit: 1 << 20))
        guard result.terminationStatus.isSuccess else { throw Failure("\(executable) failed: \(result.standardError)") }
        return result.standardOutput
    }

    /// Runs a program until `body` has ended; `body` starts when the program has printed its first line.
    private static func running(
        _ executable: Executable, _ arguments: [String], _ environment: [Environment.Key: String?], _ body: () async throws -> Void
    ) async throws {
        _ = try await Subprocess.run(
            executable, arguments: Arguments(arguments), environment: .inherit.updating(environment), input: .none, output: .sequence,
            error: .discarded
        ) { process in
            var lines = process.standardOutput.strings().makeAsyncIterator()
            guard try await lines.next() != nil else { throw Failure("\(executable) ended at once") }
            let result: Result<Void, any Error>
            do { result = .success(try await body()) } catch { result = .failure(error) }
            try process.send(signal: .terminate)
            while try await lines.next() != nil {}
            try result.get()
        }
    }
}
