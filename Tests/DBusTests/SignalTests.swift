import DBus
import Synchronization
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(10))) struct SignalTests {
    static let interface = "com.example.News"
    static let path = ObjectPath.root.appending("news")

    @Test func signalsComeInOrderAndOnlyThoseAskedFor() async throws {
        try await PrivateBus.with { bus in
            try await DBusConnection.withConnection(to: bus.address) { sender in
                try await DBusConnection.withConnection(to: bus.address) { receiver in
                    let rules = [
                        MatchRule(sender: sender.uniqueName, pathNamespace: Self.path, interface: Self.interface, member: "Counted"),
                        MatchRule(interface: Self.interface, member: "Named", argument0: "it's me"),
                    ]
                    try await receiver.withSignals(matching: rules, capacity: 5000) { signals in
                        for number in 0..<2000 {
                            let path = number.isMultiple(of: 2) ? Self.path : Self.path.appending("child")
                            try await sender.emit(
                                "Counted", of: Self.interface, from: path, [.uint32(UInt32(number)), .bytes([UInt8](repeating: 7, count: 244))])
                            try await sender.emit("Ignored", of: Self.interface, from: path)
                            try await sender.emit("Counted", of: Self.interface, from: .root.appending("newspaper"), [.uint32(1 << 20)])
                        }
                        try await sender.emit("Named", of: Self.interface, from: .root, [.string("somebody else")])
                        try await sender.emit("Named", of: Self.interface, from: .root, [.string("it's me")])
                        var numbers: [Int] = []
                        receiving: while true {
                            for signal in try await signals.next() {
                                if signal.member == "Named" {
                                    #expect(signal.arguments == [.string("it's me")])
                                    break receiving
                                }
                                numbers.append(try signal.arguments.argument(0, "a number", \.asInteger))
                            }
                        }
                        #expect(numbers == Array(0..<2000))
                    }
                }
            }
        }
    }

    /// On a system bus everybody may send signals to anybody: only the owner of the name is believed, whoever that is now.
    @Test func onlyTheOwnerOfANameIsBelieved() async throws {
        let name = "com.example.Service"
        try await PrivateBus.with { bus in
            try await DBusConnection.withConnection(to: bus.address) { receiver in
                try await receiver.withSignals(
                    matching: [MatchRule(sender: name, interface: Self.interface), .nameOwnerChanged(name)], capacity: 100
                ) { signals in
                    var seen: [String] = []
                    func next() async throws {
                        seen += try await signals.next().map { $0.member == "NameOwnerChanged" ? $0.member : $0.arguments.first?.asString ?? "" }
                    }
                    for owner in ["first", "second"] {
                        try await DBusConnection.withConnection(to: bus.address) { service in
                            try await DBusConnection.withConnection(to: bus.address) { impostor in
                                try await service.requestName(name)
                                try await impostor.emit("Said", of: Self.interface, from: .root, [.string("impostor")], to: receiver.uniqueName)
                                _ = await dbusError { try await impostor.requestName(name) }
                                try await service.emit("Said", of: Self.interface, from: .root, [.string(owner)])
                            }
                        }
                    }
                    while seen.count < 6 { try await next() }
                    #expect(seen == ["NameOwnerChanged", "first", "NameOwnerChanged", "NameOwnerChanged", "second", "NameOwnerChanged"])
                }
            }
        }
    }

    /// Anybody may send a signal to anybody, as long as dbus-daemon lets it be.
    @Test func aStrangersLongSignalEndsNothing() async throws {
        try await PrivateBus.with { bus in
            try await DBusConnection.withConnection(to: bus.address) { stranger in
                try await DBusConnection.withConnection(to: bus.address) { receiver in
                    try await receiver.withSignals(matching: [MatchRule(interface: Self.interface)], capacity: 10) { signals in
                        let bytes = [UInt8](repeating: 7, count: 16 << 20 - 64)
                        try await stranger.emit("Said", of: "com.example.Other", from: .root, [.bytes(bytes)], to: receiver.uniqueName)
                        try await stranger.emit("Said", of: Self.interface, from: .root)
                        #expect(try await signals.next().map(\.interface) == [Self.interface])
                    }
                }
            }
        }
    }

    @Test func aFullSubscriptionEndsWithOverflow() async throws {
        try await PrivateBus.with { bus in
            try await DBusConnection.withConnection(to: bus.address) { connection in
                try await connection.withSignals(matching: [MatchRule(interface: Self.interface)], capacity: 3) { signals in
                    for number in 0..<5 { try await connection.emit("Said", of: Self.interface, from: .root, [.byte(UInt8(number))]) }
                    try await connection.releaseName("com.example.Nothing")  // an answer comes after the signals
                    #expect(try await signals.next().map(\.arguments) == [[.byte(0)], [.byte(1)], [.byte(2)]])
                    #expect(await dbusError { _ = try await signals.next() }?.kind == .overflow)
                }
            }
        }
    }

    @Test func subscriptionsShareARuleAndEndAlone() async throws {
        try await PrivateBus.with { bus in
            try await DBusConnection.withConnection(to: bus.address) { connection in
                let rule = MatchRule(sender: connection.uniqueName, interface: Self.interface)
                try await connection.withSignals(matching: [rule], capacity: 10) { outer in
                    try await withThrowingTaskGroup(of: Void.self) { group in
                        for _ in 0..<20 {
                            group.addTask {
                                try await connection.withSignals(matching: [rule], capacity: 100) { inner in
                                    try await connection.emit("Said", of: Self.interface, from: .root)
                                    #expect(try await !inner.next().isEmpty)
                                }
                            }
                        }
                        try await group.waitForAll()
                    }
                    _ = await dbusError { while true { _ = try await outer.next() } }
                }
                try await connection.withSignals(matching: [rule], capacity: 10) { signals in
                    try await connection.emit("Said", of: Self.interface, from: .root)
                    #expect(try await signals.next().count == 1)
                }
            }
        }
    }

    @Test func aRefusedRuleIsReported() async throws {
        try await PrivateBus.with { bus in
            try await DBusConnection.withConnection(to: bus.address) { connection in
                let error = await dbusError {
                    try await connection.withSignals(matching: [MatchRule(member: "not a member")], capacity: 1) { _ in _ = Issue.record("ran") }
                }
                #expect(error?.name == "org.freedesktop.DBus.Error.MatchRuleInvalid")
            }
        }
    }

    /// What a call's reader sees and what observers see is one order.
    @Test func answersAndSignalsAreReadInOneOrder() async throws {
        let history = Mutex<[String]>([])
        try await PrivateBus.with { bus in
            try await DBusConnection.withConnection(to: bus.address) { server in
                let speak = ExportedMethod("Speak") { _ in
                    try await server.emit("Said", of: Self.interface, from: .root, [.string("before")])
                    return []
                }
                try await server.export([ExportedInterface(Self.interface, methods: [speak])], at: .root)
                try await DBusConnection.withConnection(to: bus.address) { client in
                    try await client.withObserver(matching: [MatchRule(interface: Self.interface)]) { event in
                        if case .success = event { history.withLock { $0.append("signal") } }
                    } while: {
                        for _ in 0..<100 {
                            try await client.call(server.uniqueName, .root, Self.interface, "Speak", within: CallTests.patience) { _ in
                                history.withLock { $0.append("answer") }
                            }
                        }
                    }
                }
            }
        }
        #expect(history.withLock { $0 } == (0..<100).flatMap { _ in ["signal", "answer"] })
    }
}
