internal import CardProfile
internal import GATT
internal import Recordings

/// What a card's notifications hint at while the session is busy with something else: only the newest of each kind waits.
final class HintInbox: Sendable {
    private struct State {
        var lastEvent: UInt32 = 0
        var status: Status?
        var end: GATTError?
    }

    private let state = WaitableState(State())

    /// The highest event number that was seen in any hint.
    var lastEvent: UInt32 { state.read(\.lastEvent) }

    /// The newest Status that was notified since it was last taken.
    func takeStatus() -> Status? {
        state.change { state in
            defer { state.status = nil }
            return state.status
        }
    }

    /// Throws the end of the link, once it has ended.
    func checkLink() throws {
        if let end = state.read(\.end) { throw end }
    }

    /// Takes the hints of Events until the stream ends or the task is cancelled. What cannot be read is no hint.
    func follow(events: ValueStream) async {
        await follow(events) { value in
            guard let event = try? EventEntry.read(value) else { return }
            self.state.change { $0.lastEvent = max($0.lastEvent, event.number) }
        }
    }

    /// The same for Status.
    func follow(status: ValueStream) async {
        await follow(status) { value in
            guard let status = try? Status(value) else { return }
            self.state.change {
                $0.status = status
                $0.lastEvent = max($0.lastEvent, status.lastEvent)
            }
        }
    }

    /// Suspends until a hint speaks of an event behind `known`, or a Status waits if one is wanted, or the link has ended, or the
    /// task is cancelled.
    func news(behind known: UInt32, status isWanted: Bool) async {
        _ = try? await state.when { $0.lastEvent > known || (isWanted && $0.status != nil) || $0.end != nil ? () : nil }
    }

    private func follow(_ stream: ValueStream, _ take: (ArraySlice<UInt8>) -> Void) async {
        do {
            while true {
                let batch = try await stream.next()
                for position in 0..<batch.count { take(batch[position]) }
            }
        } catch let error as GATTError {
            state.change { if $0.end == nil { $0.end = error } }
        } catch {
            // Cancelled: the session is over.
        }
    }
}
