package import EventLoop
internal import GATT
internal import Glibc

/// A connected or listening Unix stream socket whose waits end when their task is cancelled.
package final class StreamChannel: Sendable {
    /// sockaddr_un holds 107 bytes of path and a zero.
    private static let longestPath = 107
    private static let backlog: Int32 = 16

    private let descriptor: Descriptor
    private let loop: EventLoopThread
    /// What came behind the last line that was taken.
    private let rest = WaitableState<[UInt8]>([])

    private init(_ descriptor: consuming Descriptor, loop: EventLoopThread) {
        self.descriptor = descriptor
        self.loop = loop
    }

    /// - Throws: `alreadyRunning` when somebody listens there.
    package static func listen(at path: String, loop: EventLoopThread) throws -> StreamChannel {
        if (try? connect(to: path, loop: loop)) != nil {
            throw HostError(.alreadyRunning, "Another earshot-card runs with this folder: it listens on \(path).")
        }
        _ = unsafe unlink(path)
        let socket = try open()
        guard try socket.withRaw({ raw in unsafe try withAddress(path) { unsafe bind(raw, $0, $1) } }) == 0 else {
            throw SystemError("bind", path: path)
        }
        guard socket.withRaw({ Glibc.listen($0, backlog) }) == 0 else { throw SystemError("listen", path: path) }
        return StreamChannel(socket, loop: loop)
    }

    package static func connect(to path: String, loop: EventLoopThread) throws -> StreamChannel {
        let socket = try open()
        // A Unix socket connects at once or not at all.
        guard try socket.withRaw({ raw in unsafe try withAddress(path) { unsafe Glibc.connect(raw, $0, $1) } }) == 0 else {
            throw SystemError("connect", path: path)
        }
        return StreamChannel(socket, loop: loop)
    }

    /// The next caller of a listening socket.
    func accept() async throws -> StreamChannel {
        while true {
            let raw = descriptor.withRaw { Glibc.accept($0, nil, nil) }
            if raw >= 0 {
                let caller = Descriptor(adopting: raw)
                guard fcntl(raw, F_SETFD, FD_CLOEXEC) == 0, fcntl(raw, F_SETFL, O_NONBLOCK) == 0 else { throw SystemError("fcntl") }
                return StreamChannel(caller, loop: loop)
            }
            switch errno {
            case EAGAIN: try await ready(for: .readable)
            case EINTR, ECONNABORTED: continue
            default: throw SystemError("accept4")
            }
        }
    }

    /// The next line without its end; nil when the other side has closed. Throws `badRequest` for one longer than `limit`.
    package func line(limit: Int) async throws -> [UInt8]? {
        while true {
            let (found, held) = rest.change { rest -> ([UInt8]?, Int) in
                guard let end = rest.firstIndex(of: 0x0A) else { return (nil, rest.count) }
                let line = Array(rest[..<end])
                rest.removeFirst(end + 1)
                return (line, rest.count)
            }
            if let found, found.count <= limit { return found }
            guard found == nil, held <= limit else { throw HostError(.badRequest, "A line is longer than \(limit) bytes.") }
            guard try await receive() else { return nil }
        }
    }

    /// - Returns: false when the other side has closed.
    private func receive() async throws -> Bool {
        var buffer = [UInt8](repeating: 0, count: 16 << 10)
        while true {
            let count = descriptor.withRaw { raw in unsafe buffer.withUnsafeMutableBytes { unsafe recv(raw, $0.baseAddress, $0.count, 0) } }
            if count == 0 { return false }
            if count > 0 {
                let bytes = buffer[..<count]
                rest.change { $0 += bytes }
                return true
            }
            switch errno {
            case EAGAIN: try await ready(for: .readable)
            case EINTR: continue
            case ECONNRESET: return false
            default: throw SystemError("recv")
            }
        }
    }

    package func send(_ bytes: [UInt8]) async throws {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = descriptor.withRaw { raw in
                unsafe rest.withUnsafeBytes { unsafe Glibc.send(raw, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
            }
            if count >= 0 {
                rest = rest.dropFirst(count)
                continue
            }
            switch errno {
            case EAGAIN: try await ready(for: .writable)
            case EINTR: continue
            default: throw SystemError("send")
            }
        }
    }

    private func ready(for readiness: Readiness) async throws {
        let isReady = WaitableState(false)
        let watch = try descriptor.withRaw { try loop.watch($0, for: readiness) { _ in isReady.change { $0 = true } } }
        defer { loop.unwatch(watch) }
        try await isReady.when { $0 ? () : nil }
    }

    private static func open() throws -> Descriptor {
        let raw = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue), 0)
        guard raw >= 0 else { throw SystemError("socket") }
        return Descriptor(adopting: raw)
    }

    private static func withAddress(_ path: String, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32) throws -> Int32 {
        guard path.utf8.count <= longestPath, !path.utf8.contains(0) else {
            throw HostError(.file, "The path \(path) is too long for a Unix socket (\(longestPath) bytes). Name a shorter folder with --state.")
        }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        unsafe withUnsafeMutableBytes(of: &address.sun_path) { unsafe $0.copyBytes(from: path.utf8) }
        return unsafe withUnsafePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { unsafe body($0, socklen_t(MemoryLayout<sockaddr_un>.size)) }
        }
    }
}
