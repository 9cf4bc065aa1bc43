internal import CardProfile
internal import GATT
internal import Recordings
internal import Synchronization

/// What a card's notifications hint at while the session is busy with something else: only the newest of each kind waits.
final class HintInbox: Sendable {
    private struct State {
        var lastEvent: UInt32 = 0
        var status: Status?
        var end: GATTError?
        var hasNews = false
        var session: CheckedContinuation<Void, Never>?
    }

    private let state = Mutex(State())

    /// The highest event number that was seen in any hint.
    var lastEvent: UInt32 { state.withLock(\.lastEvent) }

    /// The newest Status that was notified since it was last taken.
    func takeStatus() -> Status? {
        state.withLock { state in
            state.hasNews = false
            defer { state.status = nil }
            return state.status
        }
    }

    /// Throws the end of the link, once it has ended.
    func checkLink() throws {
        if let end = state.withLock(\.end) { throw end }
    }

    /// Takes the hints of Events until the stream ends or the task is cancelled. What cannot be read is no hint.
    func follow(events: ValueStream) async {
        await follow(events) { value in
            guard let event = try? EventEntry.read(value) else { return }
            self.change { $0.lastEvent = max($0.lastEvent, event.number) }
        }
    }

    /// The same for Status.
    func follow(status: ValueStream) async {
        await follow(status) { value in
            guard let status = try? Status(value) else { return }
            self.change {
                $0.status = status
                $0.lastEvent = max($0.lastEvent, status.lastEvent)
            }
        }
    }

    /// Suspends until there is a hint that was not taken, or the link has ended, or the task is cancelled. One waiter at a time.
    func news() async {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let ready = state.withLock { state in
                    guard !state.hasNews, state.end == nil, !Task.isCancelled else { return true }
                    state.session = continuation
                    return false
                }
                if ready { continuation.resume() }
            }
        } onCancel: {
            resume()
        }
    }

    private func follow(_ stream: ValueStream, _ take: (ArraySlice<UInt8>) -> Void) async {
        do {
            while true {
                let batch = try await stream.next()
                for position in 0..<batch.count { take(batch[position]) }
            }
        } catch let error as GATTError {
            change { if $0.end == nil { $0.end = error } }
        } catch {
            // Cancelled: the session is over.
        }
    }

    private func change(_ body: (inout State) -> Void) {
        state.withLock { state in
            body(&state)
            state.hasNews = true
        }
        resume()
    }

    private func resume() {
        let session = state.withLock { state in
            defer { state.session = nil }
            return state.session
        }
        session?.resume()
    }
}
