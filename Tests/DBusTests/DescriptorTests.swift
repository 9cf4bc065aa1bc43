import DBus
import EventLoop
import Foundation
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(10))) struct DescriptorTests {
    static let interface = "com.example.Files"

    /// How many descriptors of this process are open on a file.
    static func openDescriptors(of file: URL) throws -> Int {
        let numbers = try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd")
        return numbers.count { (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/fd/\($0)")) == file.path }
    }

    static func openDescriptor(of file: URL) throws -> DescriptorSlot {
        let raw = unsafe open(file.path, O_RDONLY | O_CLOEXEC)
        guard raw >= 0 else { throw SystemError("open") }
        return DescriptorSlot(Descriptor(adopting: raw))
    }

    @Test func descriptorsGoBothWaysAndAreClosed() async throws {
        try await PrivateBus.with { bus in
            let file = bus.folder.appending(path: "file")
            try Data("content".utf8).write(to: file)
            let swap = ExportedInterface(
                Self.interface,
                methods: [
                    ExportedMethod("Swap", [ExportedArgument("file", .unixFD)], returns: [ExportedArgument("file", .unixFD)]) { call in
                        _ = try call.arguments.argument(0, "a descriptor", \.asDescriptor)
                        return [.unixFD(try Self.openDescriptor(of: file))]
                    }
                ])
            try await DBusConnection.withConnection(to: bus.address) { connection in
                try await connection.export([swap], at: .root)
                let answer = try await connection.call(
                    connection.uniqueName, .root, Self.interface, "Swap", [.unixFD(try Self.openDescriptor(of: file))], within: CallTests.patience)
                let slot = try answer.argument(0, "a descriptor", \.asDescriptor)
                guard let descriptor = slot.take() else {
                    Issue.record("the descriptor is not there")
                    return
                }
                #expect(descriptor.withRaw { lseek($0, 0, SEEK_END) } == 7)
                let answered = await dbusError {
                    _ = try await connection.call(
                        connection.uniqueName, .root, Self.interface, "Swap", [.unixFD(slot)], within: CallTests.patience)
                }
                #expect(answered?.kind == .invalidArgument)
            }
            #expect(try Self.openDescriptors(of: file) == 0)
        }
    }

    /// Each call is cancelled after its handler has begun and before it answers with a descriptor.
    @Test func tenThousandCancelledCallsLeaveNoDescriptor() async throws {
        let waves = 100
        let calls = 100
        try await PrivateBus.with { bus in
            let file = bus.folder.appending(path: "file")
            try Data().write(to: file)
            let gates = (0..<waves).map { _ in Gate() }
            let answered = Counter()
            let acquire = ExportedInterface(
                Self.interface,
                methods: [
                    ExportedMethod("Acquire", [ExportedArgument("wave", .uint32)], returns: [ExportedArgument("file", .unixFD)]) { call in
                        try await gates[try call.arguments.argument(0, "a wave", \.asInteger)].pass()
                        answered.increment()
                        return [.unixFD(try Self.openDescriptor(of: file))]
                    },
                    ExportedMethod("Ping", order: .inOrder) { _ in [] },
                ])
            try await DBusConnection.withConnection(to: bus.address) { server in
                try await server.export([acquire], at: .root)
                try await DBusConnection.withConnection(to: bus.address) { client in
                    for wave in 0..<waves {
                        let errors = await withTaskGroup(of: DBusError?.self) { group in
                            for _ in 0..<calls {
                                group.addTask {
                                    await dbusError {
                                        _ = try await client.call(
                                            server.uniqueName, .root, Self.interface, "Acquire", [.uint32(UInt32(wave))], within: CallTests.patience)
                                    }
                                }
                            }
                            await gates[wave].waitForVisitors(calls)
                            group.cancelAll()
                            return await group.reduce(into: []) { $0.append($1) }
                        }
                        #expect(errors.allSatisfy { $0?.kind == .cancelled })
                        gates[wave].open()
                        await answered.reach((wave + 1) * calls)
                    }
                    // Answers come in order: after this one all late ones have come.
                    _ = try await client.call(server.uniqueName, .root, Self.interface, "Ping", within: CallTests.patience)
                    #expect(answered.value == waves * calls)
                }
            }
            #expect(try Self.openDescriptors(of: file) == 0)
        }
    }
}
