import EventLoop
import GATT

/// The client's end of an acquired socket: collects values and tells of the end.
final class Received: Sendable {
    private let state = WaitableState((values: [[UInt8]](), hasEnded: false))

    var values: [[UInt8]] { state.read(\.values) }

    func take(_ event: borrowing ReceiveLoop.Event) {
        switch event {
        case .packets(let packets):
            for position in 0..<packets.count {
                let value = unsafe packets.withBytes(of: position) { unsafe Array($0) }
                state.change { $0.values.append(value) }
            }
        case .ended: state.change { $0.hasEnded = true }
        case .failed: state.change { $0.hasEnded = true }
        }
    }

    func until(_ count: Int) async throws { try await state.when { $0.values.count >= count ? () : nil } }
    func ended() async throws { try await state.when { $0.hasEnded ? () : nil } }
    var hasEnded: Bool { state.read(\.hasEnded) }
}
