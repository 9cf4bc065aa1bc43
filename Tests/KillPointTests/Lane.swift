import APIClient
import CardHost
import EventLoop
import Foundation
import GATT
import GatewayAPI
import Recordings
import SimulatedBlueZ
import SoftwareCard
import Subprocess
import SystemPackage
import TestSupport

/// What stays while gateways come and go: a bus, BlueZ in front of a card, the workers. One trial at a time.
///
/// The bus, earshotd, earshot-worker and earshot-upload are processes of their own; BlueZ and the card live in this one, so that what the card
/// knows can be seen at any moment.
struct Lane: Sendable {
    static let adapter = DeviceAddress(0x00_1A_7D_DA_71_01, kind: .public)
    static let peer = DeviceAddress(0xC0_00_00_00_00_01, kind: .random)

    let places: LanePlaces
    let host: SimulatedBlueZHost
    let client: GatewayClient
    private let bus: PrivateBus
    private let cards: BlockingThread

    /// Lends a lane whose template has a card that is paired and holds two recordings and ten events.
    static func with<R: Sendable>(_ body: @escaping @Sendable (Lane) async throws -> R) async throws -> R {
        try await PrivateBus.with { bus in
            let places = try LanePlaces.make()
            defer { places.remove() }
            var settings = SimulatedSettings()
            settings.advertisingInterval = .milliseconds(50)
            settings.disconnectDelay = .milliseconds(20)
            let host = SimulatedBlueZHost(
                bus: bus.address, adapters: [adapter], stateFolder: places.bonds.path, settings: settings, logger: .silent)
            let lane = Lane(
                places: places, host: host, client: GatewayClient(socket: places.socket("control")), bus: bus,
                cards: try BlockingThread(name: "cards"))
            return try await withThrowingTaskGroup(of: R?.self) { group in
                group.addTask {
                    try await host.run()
                    return nil
                }
                for (program, arguments, queue) in [("earshot-worker", ["decode"], "decode"), ("earshot-upload", [], "upload")] {
                    group.addTask {
                        try await lane.keepWorker(program, arguments, queue)
                        return nil
                    }
                }
                group.addTask {
                    try await host.untilReady()
                    try await lane.makeTemplate()
                    return try await body(lane)
                }
                defer { group.cancelAll() }
                while let result = try await group.next() { if let result { return result } }
                throw CancellationError()
            }
        }
    }

    // MARK: - The card

    /// Puts a card that is kept in a folder before BlueZ, and lets it live while `body` runs.
    func withCard<R: Sendable>(in folder: URL, _ body: @escaping @Sendable (SoftwareCard) async throws -> R) async throws -> R {
        guard let serial = CardSerial("A1-0007") else { throw CancellationError() }
        var settings = CardSettings(serial: serial)
        settings.uptime = .seconds(3600)
        settings.bitrate = 12_000
        let card = try await SoftwareCard(settings, vault: FolderVault(path: folder.path, thread: cards), clock: ContinuousClock())
        host.place(card, at: Self.peer, faults: LinkFaults(clock: ContinuousClock()))
        return try await withThrowingTaskGroup(of: R?.self) { group in
            group.addTask {
                try await card.run()
                return nil
            }
            group.addTask { try await body(card) }
            defer {
                group.cancelAll()
                host.remove(Self.peer)
            }
            while let result = try await group.next() { if let result { return result } }
            throw CancellationError()
        }
    }

    // MARK: - Processes

    /// Runs earshotd while `body` runs, then kills it.
    ///
    /// - Parameter shim: variables of the preloaded shim; empty: without it.
    /// - Returns: what `body` returned and how the process ended.
    func withGateway<R: Sendable>(
        shim: [Environment.Key: String?] = [:], _ body: @escaping @Sendable (GatewayLines) async throws -> R
    ) async throws -> (R, TerminationStatus) {
        var environment = environment
        environment["EARSHOT_STATE"] = places.state.path
        environment["EARSHOT_RUN"] = places.run.path
        environment.merge(shim) { $1 }
        let result = try await Subprocess.run(
            .path(FilePath(try BuiltProducts.path(of: "earshotd"))), environment: .inherit.updating(environment), input: .none, output: .sequence,
            error: .fileDescriptor(try places.openLog("earshotd"), closeAfterSpawningProcess: true)
        ) { process in
            let outcome: Result<R, any Error>
            do { outcome = .success(try await body(GatewayLines(process.standardOutput.strings()))) } catch { outcome = .failure(error) }
            try? process.send(signal: .kill)
            return outcome
        }
        return (try result.closureResult.get(), result.terminationStatus)
    }

    /// Variables that have the shim watch the state folder.
    func shim(killBefore call: Int?) throws -> [Environment.Key: String?] {
        [
            "LD_PRELOAD": try BuiltProducts.path(of: "libDiskShim.so"), "EARSHOT_DISK_FOLDER": places.state.path,
            "EARSHOT_DISK_LOG": places.callLog.path, "EARSHOT_DISK_KILL": call.map { "\($0)" },
        ]
    }

    private var environment: [Environment.Key: String?] {
        ["DBUS_SYSTEM_BUS_ADDRESS": bus.addressText, "EARSHOT_CONFIG": places.configuration.path]
    }

    private func keepWorker(_ program: String, _ arguments: [String], _ queue: String) async throws {
        var environment = environment
        environment["EARSHOT_SOCKET"] = places.socket("agents")
        environment["EARSHOT_TOKEN_FILE"] = places.run.appending(path: "tokens/\(queue)").path
        var options = PlatformOptions()
        options.teardownSequence = [.send(signal: .kill, allowedDurationToNextStep: .zero)]
        let result = try await Subprocess.run(
            .path(FilePath(try BuiltProducts.path(of: program))), arguments: Arguments(arguments), environment: .inherit.updating(environment),
            platformOptions: options, input: .none, output: .discarded,
            error: .fileDescriptor(try places.openLog(program), closeAfterSpawningProcess: true))
        try Task.checkCancellation()
        throw LaneFailure(description: "\(program) ended by itself: \(result.terminationStatus). \(places.lastWords(program))")
    }

    // MARK: - The template

    /// Pairs as a person does, and then gives the card something to tell.
    private func makeTemplate() async throws {
        try FileManager.default.createDirectory(at: places.card, withIntermediateDirectories: false)
        try FileManager.default.createDirectory(at: places.state, withIntermediateDirectories: false)
        try await withCard(in: places.card) { card in
            try await card.setClock(UTCTime(milliseconds: Int64(Date().timeIntervalSince1970 * 1000)))
            _ = try await withGateway { lines in
                try await lines.untilReady()
                try await pair(card)
                try await Settled(lane: self, card: card).wait(recordings: 0)
            }
            _ = try await card.record(Self.speech(seconds: 3), kind: .conversation, marks: 1)
            _ = try await card.record(Self.speech(seconds: 2), kind: .memo)
            for _ in 0..<4 { _ = try await card.press(.side, .double) }
            _ = try await card.press(.assistant, .double)
        }
        try places.keepTemplate()
    }

    private func pair(_ card: SoftwareCard) async throws {
        try await card.openPairing()
        let pairing = try await client.pair(PairRequest(name: "anna"))
        try await client.pairingEvents(pairing.id) { event in
            switch event.state.known {
            case .question:
                let passkey = try await card.when { $0.screen.passkey }
                let digits = "\(passkey)"
                try await client.answerPairing(
                    pairing.id, PairingAnswerRequest(passkey: String(repeating: "0", count: 6 - digits.count) + digits))
            case .failed: throw LaneFailure(description: "The card was not paired: \(event.reason ?? "")")
            default: break
            }
            return true
        }
    }

    private static func speech(seconds: Int) -> [Int16] {
        var phase: UInt32 = 0
        return (0..<seconds * 16_000).map { index in
            phase &+= 7_000_000 &+ UInt32(truncatingIfNeeded: index) &* 40
            return Int16(truncatingIfNeeded: Int32(bitPattern: phase) >> 18)
        }
    }
}

struct LaneFailure: Error, CustomStringConvertible {
    let description: String
}
