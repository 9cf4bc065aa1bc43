import DBus
import Synchronization
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(10))) struct ExportTests {
    static let interface = "com.example.Thing"
    static let manager = ObjectPath.root.appending("things")
    static let thing = manager.appending("one")
    static let properties = "org.freedesktop.DBus.Properties"

    private func withServer(
        _ body: @escaping @Sendable (_ server: DBusConnection, _ client: DBusConnection) async throws -> Void
    ) async throws {
        try await PrivateBus.with { bus in
            try await DBusConnection.withConnection(to: bus.address) { server in
                try await DBusConnection.withConnection(to: bus.address) { client in try await body(server, client) }
            }
        }
    }

    @Test func propertiesAreReadSetAndAnnounced() async throws {
        try await withServer { server, client in
            let thing = ExportedInterface(
                Self.interface, properties: ["Level": .byte(1), "Name": .string("x")],
                setters: [
                    "Level": { value, call in
                        guard value != .byte(9) else { throw DBusError(name: "com.example.TooHigh", message: "no") }
                        try await server.setProperties(["Level": value], of: Self.interface, at: call.path)
                    }
                ])
            try await server.export([thing], at: Self.thing)
            @Sendable func ask(_ member: String, _ arguments: [DBusValue]) async throws -> [DBusValue] {
                try await client.call(server.uniqueName, Self.thing, Self.properties, member, arguments, within: CallTests.patience)
            }
            #expect(try await ask("Get", [.string(Self.interface), .string("Level")]) == [.variant(.byte(1))])
            #expect(try await ask("GetAll", [.string(Self.interface)]).first?.asProperties == ["Level": .byte(1), "Name": .string("x")])
            try await client.withSignals(matching: [MatchRule(sender: server.uniqueName, member: "PropertiesChanged")], capacity: 10) { signals in
                _ = try await ask("Set", [.string(Self.interface), .string("Level"), .variant(.byte(5))])
                try await server.setProperties(["Level": .byte(5)], of: Self.interface, at: Self.thing)  // no change, no signal
                try await server.setProperties(["Level": .byte(5)], removing: ["Name", "Other"], always: true, of: Self.interface, at: Self.thing)
                var seen: [[DBusValue]] = []
                while seen.count < 2 { seen += try await signals.next().map(\.arguments) }
                #expect(seen[0] == [.string(Self.interface), .properties(["Level": .byte(5)]), .strings([])])
                #expect(seen[1] == [.string(Self.interface), .properties(["Level": .byte(5)]), .strings(["Name"])])
            }
            for (member, arguments, expected) in [
                ("Get", [.string(Self.interface), .string("Name")], DBusError.unknownProperty),
                ("Get", [.string("com.example.Other"), .string("Level")], DBusError.unknownInterface),
                ("Set", [.string(Self.interface), .string("Level"), .variant(.string("x"))], DBusError.invalidArgs),
                ("Set", [.string(Self.interface), .string("Level"), .variant(.byte(9))], "com.example.TooHigh"),
                ("Get", [], DBusError.invalidArgs),
            ] as [(String, [DBusValue], String)] {
                #expect(await dbusError { _ = try await ask(member, arguments) }?.name == expected)
            }
        }
    }

    @Test func objectManagerTellsWhatComesAndGoes() async throws {
        try await withServer { server, client in
            await server.exportObjectManager(at: Self.manager)
            let rule = MatchRule(sender: server.uniqueName, interface: "org.freedesktop.DBus.ObjectManager")
            try await client.withSignals(matching: [rule], capacity: 10) { signals in
                try await server.export([ExportedInterface(Self.interface, properties: ["A": .boolean(true)])], at: Self.thing)
                try await server.export([ExportedInterface("com.example.Other")], at: Self.thing)
                let objects = try await client.call(
                    server.uniqueName, Self.manager, "org.freedesktop.DBus.ObjectManager", "GetManagedObjects", within: CallTests.patience)
                let entry = objects.first?.asEntries?.first
                #expect(objects.first?.asEntries?.count == 1)
                #expect(entry?.key == .objectPath(Self.thing))
                #expect(entry?.value.asProperties?[Self.interface]?.asProperties == ["A": .boolean(true)])
                #expect(entry?.value.asProperties?["com.example.Other"]?.asProperties == [:])
                await server.unexport(Self.thing, interfaces: ["com.example.Other"])
                await server.unexport(Self.thing)
                var seen: [DBusSignal] = []
                while seen.count < 4 { seen += try await signals.next() }
                #expect(seen.map(\.member) == ["InterfacesAdded", "InterfacesAdded", "InterfacesRemoved", "InterfacesRemoved"])
                #expect(seen[0].arguments.last?.asProperties?[Self.interface]?.asProperties == ["A": .boolean(true)])
                #expect(seen[3].arguments == [.objectPath(Self.thing), .strings([Self.interface])])
            }
            let gone = await dbusError {
                try await server.setProperties(["A": .boolean(false)], of: Self.interface, at: Self.thing)
            }
            #expect(gone?.name == DBusError.unknownObject)
        }
    }

    @Test func introspectionNamesEverything() async throws {
        try await withServer { server, client in
            let method = ExportedMethod("Do", [ExportedArgument("what", .properties)], returns: [ExportedArgument("file", .unixFD)]) { _ in [] }
            let signal = ExportedSignal("Done", [ExportedArgument("why", .string)])
            await server.exportObjectManager(at: Self.manager)
            try await server.export(
                [ExportedInterface(Self.interface, methods: [method], signals: [signal], properties: ["A": .bytes([])])], at: Self.thing)
            func xml(_ path: ObjectPath) async throws -> String {
                let answer = try await client.call(
                    server.uniqueName, path, "org.freedesktop.DBus.Introspectable", "Introspect", within: CallTests.patience)
                return try answer.argument(0, "text", \.asString)
            }
            #expect(try await xml(.root).contains("<node name=\"things\"/>"))
            let manager = try await xml(Self.manager)
            #expect(manager.contains("<node name=\"one\"/>") && manager.contains("GetManagedObjects"))
            let thing = try await xml(Self.thing)
            for part in [
                "<method name=\"Do\">", "<arg name=\"what\" type=\"a{sv}\" direction=\"in\"/>", "<arg name=\"file\" type=\"h\" direction=\"out\"/>",
                "<signal name=\"Done\">", "<property name=\"A\" type=\"ay\" access=\"read\"/>", "name=\"org.freedesktop.DBus.Peer\"",
            ] { #expect(thing.contains(part), "\(part)") }
            // A handler that answers with other types than it declares is an error, not a broken message.
            let answer = await dbusError {
                _ = try await client.call(server.uniqueName, Self.thing, Self.interface, "Do", [.properties([:])], within: CallTests.patience)
            }
            #expect(answer?.name == DBusError.failed)
        }
    }

    @Test func callsInOrderRunOneAfterAnotherAndTooManyAreRefused() async throws {
        let gate = Gate()
        let running = Counter()
        try await withServer { server, client in
            let slow = ExportedMethod("Slow", [ExportedArgument("number", .uint32)], returns: [ExportedArgument("running", .uint32)], order: .inOrder)
            { call in
                running.increment()
                let before = running.value
                try await gate.pass()
                return [.uint32(UInt32(before))]
            }
            try await server.export([ExportedInterface(Self.interface, methods: [slow])], at: Self.thing)
            let answers = try await withThrowingTaskGroup(of: (Int, Result<Int?, DBusError>).self) { group in
                for number in 0..<1100 {
                    group.addTask {
                        do throws(DBusError) {
                            let answer = try await client.call(
                                server.uniqueName, Self.thing, Self.interface, "Slow", [.uint32(UInt32(number))], within: CallTests.patience)
                            return (number, .success(answer.first?.asInteger))
                        } catch { return (number, .failure(error)) }
                    }
                }
                await gate.waitForVisitors(1)
                // The refusals come while the first call still waits.
                var answers: [Result<Int?, DBusError>] = []
                while answers.count < 76, let answer = try await group.next() { answers.append(answer.1) }
                #expect(running.value == 1)
                gate.open()
                for try await answer in group { answers.append(answer.1) }
                return answers
            }
            let positions = answers.compactMap { try? $0.get() }.compactMap { $0 }
            #expect(positions.sorted() == Array(1...1024))
            #expect(
                answers.count { if case .failure(let error) = $0 { error.name == "org.freedesktop.DBus.Error.LimitsExceeded" } else { false } } == 76)
        }
    }

    @Test func whoWantsNoAnswerIsKnown() async throws {
        try await withServer { server, client in
            let seen = Mutex<[Bool]>([])
            let note = ExportedMethod("Note", order: .inOrder) { call in
                seen.withLock { $0.append(call.wantsAnswer) }
                return []
            }
            try await server.export([ExportedInterface(Self.interface, methods: [note])], at: Self.thing)
            try await client.tell(server.uniqueName, Self.thing, Self.interface, "Note")
            _ = try await client.call(server.uniqueName, Self.thing, Self.interface, "Note", within: CallTests.patience)
            #expect(seen.withLock { $0 } == [false, true])
        }
    }

    @Test func badNamesAreRefused() async throws {
        try await withServer { server, _ in
            for interface in [
                ExportedInterface("bad"), ExportedInterface(Self.interface, properties: ["not a name": .byte(1)]),
                ExportedInterface("org.freedesktop.DBus.Properties"),
                ExportedInterface(Self.interface, signals: [ExportedSignal("S", [ExportedArgument("two", DBusSignature("ss") ?? .string)])]),
            ] {
                #expect(await dbusError { try await server.export([interface], at: Self.thing) }?.kind == .invalidArgument)
            }
            #expect(ObjectPath("/a//b") == nil)
            #expect(ObjectPath("/a/") == nil)
            #expect(ObjectPath("a") == nil)
            #expect(ObjectPath("/a-b") == nil)
            #expect(ObjectPath("/a_b/C1")?.parent == ObjectPath("/a_b"))
            #expect(ObjectPath.root.appending("x-y").text == "/x_y")
            #expect(DBusSignature("a{vs}") == nil)
        }
    }
}
