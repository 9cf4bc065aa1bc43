internal import CLinux

/// Packets that lie in the receive thread's buffer, in the order in which they came. Valid while the sink runs.
@safe package struct ReceivedPackets: ~Copyable {
    private let slots: UnsafeRawBufferPointer
    private let lengths: UnsafeBufferPointer<UInt32>
    package let count: Int

    /// The bytes of the packet at a position in 0..<count, for the time of `body`.
    package borrowing func withBytes<R>(of position: Int, _ body: (UnsafeRawBufferPointer) throws -> R) rethrows -> R {
        let start = position * ReceiveLoop.longestPacket
        return try unsafe body(UnsafeRawBufferPointer(rebasing: slots[start..<(start + Int(lengths[position]))]))
    }

    /// How a receive call ended: nothing is left for now, there may be more, or the socket is done.
    enum Outcome {
        case drained
        case more
        case ended
        case failed(SystemError)
    }

    /// Receives one batch without waiting and lends it when it is not empty.
    static func receive(from socket: Int32, _ body: (consuming ReceivedPackets) -> Void) -> Outcome {
        let slot = ReceiveLoop.longestPacket
        let most = ReceiveLoop.batchSize
        return unsafe withUnsafeTemporaryAllocation(byteCount: slot * most, alignment: 16) { slots in
            unsafe withUnsafeTemporaryAllocation(of: UInt32.self, capacity: most) { lengths in
                var ended: Int32 = 0
                let received = Int(unsafe clinux_receive(socket, slots.baseAddress, slot, Int32(most), lengths.baseAddress, &ended))
                guard received >= 0 else { return .failed(SystemError("recvmmsg")) }
                let whole = unsafe lengths[..<received].firstIndex { $0 > UInt32(slot) } ?? received
                if whole > 0 {
                    unsafe body(
                        ReceivedPackets(
                            slots: UnsafeRawBufferPointer(slots), lengths: UnsafeBufferPointer(rebasing: lengths[..<whole]), count: whole))
                }
                if whole < received { return .failed(SystemError(code: ReceiveLoop.tooLong, call: "recvmmsg")) }
                if ended != 0 { return .ended }
                return received == most ? .more : .drained
            }
        }
    }
}
