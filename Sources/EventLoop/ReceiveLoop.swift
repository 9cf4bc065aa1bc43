internal import Glibc
internal import Synchronization

/// One thread that receives from all acquired sockets of the process and does nothing else.
///
/// On each wake of a socket it receives until nothing is left (at most `rounds` batches, then other sockets get their
/// turn) and hands each batch to the socket's sink. A socket that ends or fails is closed and told about once.
package final class ReceiveLoop: Sendable {
    /// Longer than any value of ATT (512 bytes): what does not fit ends the socket.
    package static let longestPacket = 1024
    /// Packets in a batch: one system call.
    package static let batchSize = 64
    private static let rounds = 4
    static let tooLong = EMSGSIZE

    package enum Event: ~Copyable {
        /// At least one packet, in the order in which they came.
        case packets(ReceivedPackets)
        /// The other end closed the socket. Nothing follows.
        case ended
        /// Receiving failed. Nothing follows.
        case failed(SystemError)
    }

    private let loop: EventLoopThread
    private let sockets = Mutex<[UInt64: Registration]>([:])
    private let lastToken = Atomic<UInt64>(0)

    /// Starts the thread.
    package init(name: String = "receive") throws(SystemError) {
        loop = try EventLoopThread(name: name)
    }

    /// Names one socket of this loop.
    package struct Token: Hashable, Sendable {
        fileprivate let number: UInt64
    }

    /// Takes over a socket and receives from it until it ends or is removed.
    ///
    /// - Parameter sink: is called on the receive thread, one call at a time. It must not wait, and must not remove its own token.
    package func add(
        _ socket: consuming Descriptor, sink: @escaping @Sendable (borrowing Event) -> Void
    ) throws(SystemError) -> Token {
        let token = Token(number: lastToken.wrappingAdd(1, ordering: .relaxed).newValue)
        let registration = Registration(consume socket, sink: sink)
        sockets.withLock { $0[token.number] = registration }
        do {
            try registration.start(on: loop) { [weak self] in self?.forget(token) }
        } catch {
            forget(token)
            throw error
        }
        return token
    }

    /// Closes the socket. When this returns the sink is not running and is never called again. Does nothing for a socket
    /// that ended by itself.
    package func remove(_ token: Token) { forget(token)?.stop(on: loop) }

    /// The sockets that are open now.
    package var count: Int { sockets.withLock { $0.count } }

    /// Returns once the thread has taken up a job.
    package func turn() async {
        await withCheckedContinuation { continuation in loop.run { continuation.resume() } }
    }

    /// The most CPU time that one wake of this thread has used.
    package var longestWake: Duration { loop.longestJob }

    @discardableResult private func forget(_ token: Token) -> Registration? { sockets.withLock { $0.removeValue(forKey: token.number) } }

    private final class Registration: Sendable {
        private struct State: ~Copyable {
            var socket: Descriptor?
            var watch: EventLoopThread.WatchID?
        }

        /// Held while the sink runs: that makes `stop` wait for it.
        private let state: Mutex<State>
        private let sink: @Sendable (borrowing Event) -> Void

        init(_ socket: consuming Descriptor, sink: @escaping @Sendable (borrowing Event) -> Void) {
            state = Mutex(State(socket: consume socket))
            self.sink = sink
        }

        func start(on loop: EventLoopThread, whenEnded: @escaping @Sendable () -> Void) throws(SystemError) {
            try state.withLock { state throws(SystemError) in
                guard let raw = state.socket?.withRaw({ $0 }) else { return }
                // The watch is held by this object's state, the loop by its owner: neither keeps the other alive.
                state.watch = try loop.watch(raw, for: .readable) { [self, weak loop] _ in
                    guard let loop, receive(on: loop) else { return }
                    whenEnded()
                }
            }
        }

        func stop(on loop: EventLoopThread) { state.withLock { Self.close(&$0, on: loop) } }

        private static func close(_ state: inout State, on loop: EventLoopThread) {
            if let watch = state.watch { loop.unwatch(watch) }
            state.watch = nil
            state.socket = nil
        }

        /// - Returns: whether the socket has ended.
        private func receive(on loop: EventLoopThread) -> Bool {
            state.withLock { state in
                for _ in 0..<ReceiveLoop.rounds {
                    guard let raw = state.socket?.withRaw({ $0 }) else { return false }
                    switch ReceivedPackets.receive(from: raw, { sink(.packets($0)) }) {
                    case .drained: return false
                    case .more: continue
                    case .ended: sink(.ended)
                    case .failed(let error): sink(.failed(error))
                    }
                    Self.close(&state, on: loop)
                    return true
                }
                return false
            }
        }
    }
}
