internal import EventLoop
internal import Synchronization

/// bluetoothd's end of a socket pair that a client acquired.
///
/// Each value is one packet, sent without waiting. What finds the socket full is dropped and nobody is told, as in bluetoothd.
final class AcquiredSocket: Sendable {
    private struct State: ~Copyable {
        var socket: Descriptor?
        var dropped = 0
        var isMute = false
        /// So many values find the socket full, whatever room there is.
        var toDrop = 0
    }

    private let state: Mutex<State>

    init(_ socket: consuming Descriptor) {
        state = Mutex(State(socket: socket))
    }

    /// Values that found no room.
    var dropped: Int { state.withLock { $0.dropped } }

    func send(_ value: [UInt8]) {
        state.withLock { state in
            guard !state.isMute else { return }
            guard state.toDrop == 0 else {
                state.toDrop -= 1
                state.dropped += 1
                return
            }
            switch unsafe try? state.socket?.send(value.span.bytes) {
            case .full: state.dropped += 1
            case .sent, .closed, nil: break
            }
        }
    }

    /// Its reader sleeps: the next so many values are dropped.
    func drop(_ count: Int) {
        state.withLock { $0.toDrop = count }
    }

    /// The client that acquired it left the bus: the socket stays open and says nothing more.
    func mute() {
        state.withLock { $0.isMute = true }
    }

    /// The client reads the end of the stream.
    func close() {
        state.withLock { $0.socket = nil }
    }
}
