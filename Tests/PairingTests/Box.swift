import APIClient
import EventLoop
import Foundation
import GATT
import GatewayAPI
import Logging
import Recordings
import SimulatedBlueZ
import SoftwareCard
import Subprocess
import SystemPackage
import TestSupport
import Testing

/// A box to pair cards with: earshotd as a process on a private bus; BlueZ and the cards live in this one, so that what they know can be seen.
struct Box: Sendable {
    struct Card: Sendable {
        let card: SoftwareCard
        let address: DeviceAddress

        /// The six digits that it shows, once a pairing has begun.
        func passkey() async throws -> String {
            let digits = "\(try await card.when { $0.screen.passkey })"
            return String(repeating: "0", count: 6 - digits.count) + digits
        }

        /// The six digits that it asks its user to compare, as a person reads them: `012 345`.
        func digits() async throws -> String {
            let digits = try await card.when { report -> UInt32? in
                guard case .confirm(let digits) = report.screen.question else { return nil }
                return digits
            }
            let text = String(repeating: "0", count: 6 - "\(digits)".count) + "\(digits)"
            return "\(text.prefix(3)) \(text.suffix(3))"
        }
    }

    static let adapter = DeviceAddress(0x00_1A_7D_DA_71_01, kind: .public)

    let folder: URL
    let client: GatewayClient
    let cards: [Card]
    private let bus: PrivateBus

    /// - Parameter kinds: what is special about each card.
    static func with(_ kinds: [@Sendable (inout CardSettings) -> Void], _ body: @escaping @Sendable (Box) async throws -> Void) async throws {
        try await PrivateBus.with { bus in
            let folder = URL(filePath: "/tmp/earshot-pair-\(UUID().uuidString.prefix(8))")
            defer { try? FileManager.default.removeItem(at: folder) }
            for name in ["state", "run", "bluez"] {
                try FileManager.default.createDirectory(at: folder.appending(path: name), withIntermediateDirectories: true)
            }
            try Data("[gateway]\nname = \"hq\"\nclock = \"trusted\"\n\n[storage]\nreserve = \"1 MiB\"\n".utf8).write(
                to: folder.appending(path: "earshot.toml"))
            var settings = SimulatedSettings()
            settings.advertisingInterval = .milliseconds(50)
            settings.disconnectDelay = .milliseconds(20)
            let host = SimulatedBlueZHost(
                bus: bus.address, adapters: [adapter], stateFolder: folder.appending(path: "bluez").path, settings: settings,
                logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
            var cards: [Card] = []
            for (index, kind) in kinds.enumerated() {
                let number = String(format: "%04d", index + 1)
                var settings = CardSettings(serial: try #require(CardSerial("A1-\(number)")))
                kind(&settings)
                let card = Card(
                    card: try await SoftwareCard(settings, vault: MemoryVault(), clock: ContinuousClock()),
                    address: DeviceAddress(0xC0_00_00_00_00_00 + UInt64(index) + 1, kind: .random))
                host.place(card.card, at: card.address, faults: LinkFaults(clock: ContinuousClock()))
                cards.append(card)
            }
            let box = Box(
                folder: folder, client: GatewayClient(socket: folder.appending(path: "run/control/api.sock").path), cards: cards, bus: bus)
            try await withThrowingTaskGroup(of: Bool.self) { group in
                group.addTask {
                    try await host.run()
                    return false
                }
                for card in cards {
                    group.addTask {
                        try await card.card.run()
                        return false
                    }
                }
                group.addTask {
                    try await host.untilReady()
                    try await box.withGateway { try await body(box) }
                    return true
                }
                defer { group.cancelAll() }
                while let isDone = try await group.next() { if isDone { return } }
            }
        }
    }

    private func withGateway(_ body: @escaping @Sendable () async throws -> Void) async throws {
        let log = try FileDescriptor.open(
            FilePath(folder.appending(path: "earshotd.log").path), .writeOnly, options: [.create, .append, .closeOnExec],
            permissions: [.ownerReadWrite])
        let result = try await Subprocess.run(
            .path(FilePath(try BuiltProducts.path(of: "earshotd"))), environment: .inherit.updating(environment), input: .none, output: .sequence,
            error: .fileDescriptor(log, closeAfterSpawningProcess: true)
        ) { process in
            let outcome: Result<Void, any Error>
            do {
                var lines = process.standardOutput.strings().makeAsyncIterator()
                let ready = try await lines.next()
                try #require(ready?.hasPrefix("ready") == true, "\(lastWords)")
                try await untilAdapterIsInUse()
                outcome = .success(try await body())
            } catch { outcome = .failure(error) }
            try? process.send(signal: .kill)
            return outcome
        }
        try result.closureResult.get()
    }

    private var environment: [Environment.Key: String?] {
        [
            "DBUS_SYSTEM_BUS_ADDRESS": bus.addressText, "EARSHOT_CONFIG": folder.appending(path: "earshot.toml").path,
            "EARSHOT_STATE": folder.appending(path: "state").path, "EARSHOT_RUN": folder.appending(path: "run").path, "TERM": "xterm",
        ]
    }

    private func untilAdapterIsInUse() async throws {
        while try await client.status().adapters.isEmpty { await Task.yield() }
    }

    private var lastWords: String {
        let text = (try? Data(contentsOf: folder.appending(path: "earshotd.log"))).map { String(decoding: $0.suffix(2000), as: UTF8.self) } ?? ""
        return text.split(separator: "\n").suffix(6).joined(separator: " | ")
    }

    /// `earshot` on a terminal.
    func earshot(
        _ arguments: String..., body: @escaping @Sendable (Terminal) async throws -> Void = { _ in }
    ) async throws -> (status: Int, text: String) {
        try await Terminal.run(arguments, environment: environment, body)
    }

    /// Pairs the first card as anna, her holder named; it is in pairing mode as soon as that is asked for.
    func pairAnna(
        _ body: @escaping @Sendable (Terminal, Card) async throws -> Void
    ) async throws -> (status: Int, text: String) {
        let card = cards[0]
        return try await earshot("pair", "anna", "--holder", "anna@example.com") { terminal in
            try await terminal.see("Open pairing mode")
            try await card.card.openPairing()
            try await body(terminal, card)
        }
    }

    /// What bluetoothd keeps.
    var bonds: String { (try? String(contentsOf: folder.appending(path: "bluez/bonds"), encoding: .utf8)) ?? "" }

    /// Neither a bond in bluetoothd nor a card in the ledger.
    func expectNothingLeft(sourceLocation: SourceLocation = #_sourceLocation) async throws {
        #expect(try await client.cards().items.isEmpty, sourceLocation: sourceLocation)
        for card in cards {
            #expect(!bonds.contains("\(card.address)"), "bluetoothd keeps a bond", sourceLocation: sourceLocation)
            #expect(await card.card.report().bonds.isEmpty, "the card keeps a bond", sourceLocation: sourceLocation)
        }
    }
}
