internal import EventLoop
internal import GATT
internal import Synchronization

/// A served device's end of a socket that bluetoothd acquired: each packet becomes a notification.
final class NotifySocket: Sendable {
    private let socket: Mutex<Descriptor>
    private let loop: EventLoopThread
    private let watch = Mutex<EventLoopThread.WatchID?>(nil)

    init(_ socket: consuming Descriptor, loop: EventLoopThread) {
        self.socket = Mutex(socket)
        self.loop = loop
    }

    deinit { if let watch = watch.withLock({ $0.take() }) { loop.unwatch(watch) } }

    /// Calls `handler` once when bluetoothd has closed its end.
    func whenClosed(_ handler: @escaping @Sendable () -> Void) throws {
        let id = try socket.withLock { socket in
            try socket.withRaw { raw in
                try loop.watch(raw, for: []) { [weak self] _ in
                    self?.unwatch()
                    handler()
                }
            }
        }
        watch.withLock { $0 = id }
    }

    private func unwatch() { if let watch = watch.withLock({ $0.take() }) { loop.unwatch(watch) } }

    /// Sends without waiting.
    func send(_ value: [UInt8]) throws -> Descriptor.Sent {
        do {
            return try socket.withLock { try $0.send(value) }
        } catch {
            throw GATTError(.failed, "A notification could not be handed to bluetoothd.", cause: "\(error)")
        }
    }

    /// Waits until there is room for a packet, or the other end is closed.
    func untilWritable() async throws {
        let isReady = WaitableState(false)
        // A descriptor is watched once; a second watch needs a duplicate.
        let copy = try socket.withLock { DescriptorSlot(try $0.duplicate()) }
        guard let watch = try copy.withRaw({ try loop.watch($0, for: .writable) { _ in isReady.change { $0 = true } } }) else { return }
        defer { loop.unwatch(watch) }
        try await isReady.when { $0 ? () : nil }
    }
}
