import BlueZ
import DBus
import EventLoop
import GATT
import Glibc
import TestSupport

/// What the guest asks of the real bluetoothd beside running the product:
///
///     guest-probe contract hci0 hci1 [WORD…]  the contract suite of GATT, hci0 as the central, hci1 as the echoing device
///     guest-probe raw hci0 hci1 COUNT SIZE    how fast bare notifications come through an acquired socket
@main enum Probe {
    static func main() async {
        let arguments = Array(CommandLine.arguments.dropFirst())
        do {
            switch (arguments.first, arguments.count) {
            case ("contract", 3...):
                let broken = try await Contract(central: arguments[1], device: arguments[2], words: Array(arguments.dropFirst(3))).run()
                exit(broken == 0 ? 0 : 1)
            case ("raw", 5):
                guard let count = UInt16(arguments[3]), let size = UInt16(arguments[4]) else { fail(usage, status: 2) }
                try await Raw(central: arguments[1], device: arguments[2], count: count, size: size).run()
            default: fail(usage, status: 2)
            }
        } catch {
            fail("\(error)", status: 1)
        }
    }

    private static let usage = "usage: guest-probe contract CENTRAL DEVICE [WORD…] | raw CENTRAL DEVICE COUNT SIZE"

    private static func fail(_ message: String, status: Int32) -> Never {
        print("guest-probe: \(message)")
        exit(status)
    }
}

/// An echoing device on one adapter and a central on another, each with a connection of its own to the same bluetoothd.
struct Stage: Sendable {
    struct Unknown: Error, CustomStringConvertible { let description: String }

    let central: BlueZCentral
    let adapter: DeviceAddress
    let peer: DeviceAddress
    let device: EchoService

    /// - Parameters:
    ///   - central: such as hci0.
    ///   - device: such as hci1.
    static func run(
        central: String, device name: String, abilities: BlueZServer.Abilities, _ body: @concurrent @Sendable @escaping (Stage) async throws -> Void
    ) async throws {
        guard let address = DBusAddress.system() else { throw Unknown(description: "There is no system bus.") }
        let receive = try ReceiveLoop()
        try await DBusConnection.withConnection(to: address) { near in
            try await DBusConnection.withConnection(to: address) { far in
                let client = BlueZCentral(bus: near, receive: receive)
                let service = EchoService()
                let server = try BlueZServer(service, bus: far, adapter: name, abilities: abilities, faults: LinkFaults(clock: ContinuousClock()))
                let ready = WaitableState<DeviceAddress?>(nil)
                try await withThrowingTaskGroup(of: Bool.self) { group in
                    group.addTask {
                        try await client.run()
                        return false
                    }
                    group.addTask {
                        try await server.run { address in ready.change { $0 = address } }
                        return false
                    }
                    group.addTask {
                        let adapters = try await client.adapters()
                        guard let adapter = adapters.first(where: { $0.name == central })?.address else {
                            throw Unknown(description: "There is no adapter \(central).")
                        }
                        let peer = try await ready.when { $0 }
                        // Also what a failed pairing left without a bond: the next one would wait for it in vain. Most often there is nothing.
                        try? await client.forget(peer, on: adapter)
                        try? await client.forget(adapter, on: peer)
                        try await body(Stage(central: client, adapter: adapter, peer: peer, device: service))
                        return true
                    }
                    defer { group.cancelAll() }
                    while let isBody = try await group.next(), !isBody {}
                }
            }
        }
    }
}
