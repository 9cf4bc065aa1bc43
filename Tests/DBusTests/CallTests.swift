import DBus
import EventLoop
import Foundation
import Synchronization
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(10))) struct CallTests {
    static let patience = Duration.seconds(300)
    static let interface = "com.example.Echo"

    /// Answers what it is asked, fails as it is told, and keeps quiet.
    static func echo(_ gate: Gate = Gate()) -> ExportedInterface {
        ExportedInterface(
            interface,
            methods: [
                ExportedMethod("Echo", [ExportedArgument("value", .variant)], returns: [ExportedArgument("value", .variant)]) { $0.arguments },
                ExportedMethod("Fail", [ExportedArgument("name", .string)]) { call in
                    throw DBusError(name: try call.arguments.argument(0, "a name", \.asString), message: "as asked")
                },
                ExportedMethod("Who", returns: [ExportedArgument("sender", .string)]) { [.string($0.sender)] },
                ExportedMethod("Wait") { _ in
                    try await gate.pass()
                    return []
                },
            ])
    }

    /// Two connections to one bus: the first serves `interfaces` at `/echo`, `body` gets the second and the first's name.
    static func withService<R: Sendable>(
        _ interfaces: [ExportedInterface], _ body: @escaping @Sendable (DBusConnection, String) async throws -> R
    ) async throws -> R {
        try await PrivateBus.with { bus in
            try await DBusConnection.withConnection(to: bus.address) { server in
                try await server.export(interfaces, at: path)
                return try await DBusConnection.withConnection(to: bus.address) { client in
                    try await body(client, server.uniqueName)
                }
            }
        }
    }

    static let path = ObjectPath.root.appending("echo")

    @Test func everyTypeComesBackAsItWasSent() async throws {
        let values: [DBusValue] = [
            .byte(255), .boolean(true), .int16(-32768), .uint16(65535), .int32(-1), .uint32(.max), .int64(.min), .uint64(.max), .double(0.5),
            .string("grüß"), .string(""), .objectPath(Self.path), .objectPath(.root), .signature(.properties), .bytes([]),
            .bytes(Array(0...255)), .strings([]), .strings(["a", "b"]), .array(of: .bytes, [.bytes([1]), .bytes([])]),
            .properties(["a": .byte(1), "b": .bytes([1, 2])]), .properties([:]), .structure([.byte(1), .string("x")]), .variant(.variant(.byte(1))),
            .dictionary(key: .uint16, value: .variant, [DBusEntry(.uint16(0xFFFF), .variant(.bytes([1, 2, 3, 4])))]),
        ]
        try await Self.withService([Self.echo()]) { client, server in
            for value in values {
                let answer = try await client.call(server, Self.path, Self.interface, "Echo", [.variant(value)], within: Self.patience)
                #expect(answer == [.variant(value)])
            }
        }
    }

    @Test func valuesThatCannotBeSentAreRefusedHere() async throws {
        let bad: [DBusValue] = [
            .string("a\0b"), .array(of: .bytes, [.string("x")]), .structure([]),
            .dictionary(key: .variant, value: .string, []), .dictionary(key: .string, value: .string, [DBusEntry(.byte(1), .string("x"))]),
            .array(of: DBusSignature("y") ?? .string, []), .bytes([UInt8](repeating: 0, count: 17 << 20)),
        ]
        try await Self.withService([Self.echo()]) { client, server in
            for value in bad {
                let error = await dbusError {
                    _ = try await client.call(server, Self.path, Self.interface, "Echo", [.variant(value)], within: Self.patience)
                }
                #expect(error?.kind == .invalidArgument)
            }
            for (destination, interface, member) in [
                ("no name", Self.interface, "Echo"), (server, "x", "Echo"), (server, Self.interface, "not a member"),
            ] {
                let error = await dbusError { _ = try await client.call(destination, Self.path, interface, member, within: Self.patience) }
                #expect(error?.kind == .invalidArgument)
            }
            // The connection lives on.
            let answer1 = try await client.call(server, Self.path, Self.interface, "Who", within: Self.patience)
            #expect(answer1 == [.string(client.uniqueName)])
        }
    }

    @Test func errorsKeepNameAndMessage() async throws {
        try await Self.withService([Self.echo()]) { client, server in
            let error = await dbusError {
                _ = try await client.call(server, Self.path, Self.interface, "Fail", [.string("org.bluez.Error.Failed")], within: Self.patience)
            }
            #expect(error == DBusError(name: "org.bluez.Error.Failed", message: "as asked"))
            for (path, interface, member, expected) in [
                (Self.path, Self.interface, "Nothing", DBusError.unknownMethod), (Self.path, "com.example.Other", "Echo", DBusError.unknownMethod),
                (ObjectPath.root.appending("nobody"), Self.interface, "Echo", DBusError.unknownObject),
                (Self.path, Self.interface, "Echo", DBusError.invalidArgs),
            ] {
                let error = await dbusError { _ = try await client.call(server, path, interface, member, within: Self.patience) }
                #expect(error?.kind == .remote)
                #expect(error?.name == expected)
            }
            let missing = await dbusError {
                _ = try await client.call("com.example.Nobody", Self.path, Self.interface, "Echo", within: Self.patience)
            }
            #expect(missing?.name == DBusError.nameHasNoOwner)
        }
    }

    @Test func deadlineAndCancellationEndACall() async throws {
        let gate = Gate()
        try await Self.withService([Self.echo(gate)]) { client, server in
            let late = await dbusError { _ = try await client.call(server, Self.path, Self.interface, "Wait", within: .milliseconds(20)) }
            #expect(late?.kind == .timedOut)
            let cancelled = await withTaskGroup(of: DBusError?.self) { group in
                group.addTask { await dbusError { _ = try await client.call(server, Self.path, Self.interface, "Wait", within: Self.patience) } }
                await gate.waitForVisitors(2)
                group.cancelAll()
                return await group.next() ?? nil
            }
            #expect(cancelled?.kind == .cancelled)
            // A handler that waits holds up no other call, and late answers disturb nobody.
            let answer2 = try await client.call(server, Self.path, Self.interface, "Who", within: Self.patience)
            #expect(answer2 == [.string(client.uniqueName)])
            gate.open()
            let answer3 = try await client.call(server, Self.path, Self.interface, "Wait", within: Self.patience)
            #expect(answer3 == [])
        }
    }

    @Test func lossOfTheBusReachesEveryWaiter() async throws {
        let gate = Gate()
        try await PrivateBus.with { bus in
            try await DBusConnection.withConnection(to: bus.address) { connection in
                try await connection.export([Self.echo(gate)], at: Self.path)
                try await connection.withSignals(matching: [MatchRule(interface: Self.interface)], capacity: 4) { signals in
                    async let call = dbusError {
                        _ = try await connection.call(connection.uniqueName, Self.path, Self.interface, "Wait", within: Self.patience)
                    }
                    async let loss = connection.untilDisconnected()
                    async let signal = dbusError { _ = try await signals.next() }
                    await gate.waitForVisitors(1)
                    bus.kill()
                    #expect(await call?.kind == .disconnected)
                    #expect(await signal?.kind == .disconnected)
                    #expect(await loss?.kind == .disconnected)
                }
                let after = await dbusError {
                    _ = try await connection.call(connection.uniqueName, Self.path, Self.interface, "Who", within: Self.patience)
                }
                #expect(after?.kind == .disconnected)
                #expect(await connection.untilDisconnected()?.kind == .disconnected)
            }
            let again = await dbusError { try await DBusConnection.withConnection(to: bus.address) { _ in } }
            #expect(again?.kind == .unreachable)
        }
    }

    @Test func addressesOtherThanUnixSocketsAreRefused() {
        #expect(DBusAddress("unixexec:path=/bin/true") == nil)
        #expect(DBusAddress("tcp:host=localhost,port=1") == nil)
        #expect(DBusAddress("unix:path=/a;tcp:host=b") == nil)
        #expect(DBusAddress("") == nil)
        #expect(DBusAddress("unix:path=/run/x") != nil)
    }
}

/// The bus's error that `body` throws; nil when it throws none.
func dbusError(_ body: () async throws -> Void) async -> DBusError? {
    do {
        try await body()
        return nil
    } catch let error as DBusError {
        return error
    } catch {
        Issue.record("threw \(error)")
        return nil
    }
}
