internal import CLinux

/// Two connected sockets that keep packet boundaries and do not wait: what bluetoothd hands out for acquired values.
package struct SeqpacketPair: ~Copyable {
    private var first: Descriptor?
    private var second: Descriptor?

    package init() throws(SystemError) {
        var ends: [2 of Int32] = [-1, -1]
        var span = ends.mutableSpan
        let result = unsafe span.withUnsafeMutableBufferPointer { unsafe clinux_seqpacket_pair($0.baseAddress) }
        guard result == 0 else { throw SystemError("socketpair") }
        first = Descriptor(adopting: ends[0])
        second = Descriptor(adopting: ends[1])
    }

    /// Each end once; nil afterwards.
    package mutating func takeFirst() -> Descriptor? { first.take() }
    package mutating func takeSecond() -> Descriptor? { second.take() }
}
