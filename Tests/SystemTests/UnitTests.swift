import Foundation
import Glibc
import Subprocess
import SystemPackage
import TestSupport
import Testing

/// earshotd as a service manager sees it (sd_notify(3)).
@Suite(.timeLimit(.minutes(10))) struct UnitTests {
    @Test func theManagerHearsOfStartLifeAndEnd() async throws {
        try await PrivateBus.with { bus in
            let manager = try NotifySocket(bus.folder.appending(path: "notify").path)
            let environment: [Environment.Key: String?] = [
                "DBUS_SYSTEM_BUS_ADDRESS": bus.addressText, "EARSHOT_STATE": bus.folder.appending(path: "state").path,
                "EARSHOT_RUN": bus.folder.appending(path: "run").path, "NOTIFY_SOCKET": manager.path, "WATCHDOG_USEC": "400000", "WATCHDOG_PID": nil,
            ]
            let daemon = try await Subprocess.run(
                .path(FilePath(try BuiltProducts.path(of: "earshotd"))), environment: .inherit.updating(environment), input: .none,
                output: .discarded,
                error: .string(limit: 1 << 20)
            ) { process in
                var heard: [String] = []
                var lives = 0
                for await message in manager.messages {
                    heard += message.split(separator: "\n").map(String.init)
                    if message == "WATCHDOG=1" { lives += 1 }
                    // Three signs of life: they come by themselves, not with the start.
                    if lives == 3 { try process.send(signal: .terminate) }
                    if heard.contains("STOPPING=1") { break }
                }
                let ready = try #require(heard.firstIndex(of: "READY=1"))
                #expect(heard[ready + 1].hasPrefix("STATUS=") && heard[ready + 1].contains("0 recordings"), "\(heard)")
                #expect(lives >= 3)
                let stopping = try #require(heard.firstIndex(of: "STOPPING=1"))
                #expect(heard[stopping + 1] == "STATUS=stopping status", "\(heard)")
            }
            #expect(daemon.terminationStatus.isSuccess, "\(daemon.standardError.prefix(2000))")
            // Each part's end with its duration, from the first that is asked to the bus.
            let ends = daemon.standardError.matches(of: /part=(\w+) took=\d+\.\d{3} s/).map { String($0.1) }
            #expect(ends.first == "status" && ends.suffix(3) == ["radio", "bluetoothd", "bus"] && ends.contains("api"), "\(ends)")
            #expect(daemon.standardError.contains("Stopped"))
        }
    }
}

/// The service manager's end: a datagram socket, read by a thread of its own.
private final class NotifySocket: Sendable {
    let path: String
    let messages: AsyncStream<String>
    private let descriptor: FileDescriptor

    init(_ path: String) throws {
        self.path = path
        let raw = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue), 0)
        let descriptor = FileDescriptor(rawValue: raw)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let bytes = Array(path.utf8CString)
        try unsafe withUnsafeMutableBytes(of: &address.sun_path) { place in
            try #require(bytes.count <= place.count)
            unsafe bytes.withUnsafeBytes { unsafe place.copyMemory(from: $0) }
        }
        let size = socklen_t(MemoryLayout<sockaddr_un>.size)
        let bound = unsafe withUnsafePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { unsafe bind(raw, $0, size) }
        }
        try #require(bound == 0)
        self.descriptor = descriptor
        let (stream, continuation) = AsyncStream.makeStream(of: String.self)
        messages = stream
        Thread.detachNewThread {
            var buffer = [UInt8](repeating: 0, count: 4096)
            while true {
                let count = unsafe buffer.withUnsafeMutableBytes { (try? unsafe descriptor.read(into: $0)) ?? 0 }
                guard count > 0 else { return continuation.finish() }
                continuation.yield(String(decoding: buffer.prefix(count), as: UTF8.self))
            }
        }
    }

    deinit {
        // Wakes the thread; the descriptor is its own until then.
        shutdown(descriptor.rawValue, Int32(SHUT_RDWR))
        try? descriptor.close()
    }
}
