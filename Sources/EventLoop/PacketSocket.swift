internal import Glibc

extension Descriptor {
    package enum Sent: Sendable {
        case sent
        /// The socket's queue is full: nothing was sent.
        case full
        /// The other end is closed.
        case closed
    }

    package borrowing func send(_ packet: [UInt8]) throws(SystemError) -> Sent { unsafe try send(packet.span.bytes) }

    /// Sends one packet on a SEQPACKET socket without waiting and without a signal.
    package borrowing func send(_ packet: RawSpan) throws(SystemError) -> Sent {
        let (sent, code) = withRaw { raw in
            unsafe packet.withUnsafeBytes { bytes in
                while true {
                    let sent = unsafe Glibc.send(raw, bytes.baseAddress, bytes.count, Int32(MSG_DONTWAIT) | Int32(MSG_NOSIGNAL))
                    if sent >= 0 || errno != EINTR { return (sent, errno) }
                }
            }
        }
        if sent >= 0 { return .sent }
        switch code {
        case EAGAIN, EWOULDBLOCK, ENOBUFS: return .full
        case EPIPE, ECONNRESET, ENOTCONN: return .closed
        default: throw SystemError(code: code, call: "send")
        }
    }
}
