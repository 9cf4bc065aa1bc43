internal import EventLoop
internal import GATT
internal import Synchronization

/// Our end of a socket of AcquireWrite: each packet becomes a Write Command. Closed with the last reference.
final class CommandSocket: Sendable {
    private let socket: Mutex<Descriptor>
    /// As AcquireWrite told it.
    let maximumTransmissionUnit: Int

    init(_ socket: consuming Descriptor, maximumTransmissionUnit: Int) {
        self.socket = Mutex(socket)
        self.maximumTransmissionUnit = maximumTransmissionUnit
    }

    /// Sends without waiting. Throws `overflow` when bluetoothd does not take commands as fast as they come.
    func send(_ value: [UInt8], to peer: DeviceAddress) throws {
        let sent: Descriptor.Sent
        do {
            sent = try socket.withLock { unsafe try $0.send(value.span.bytes) }
        } catch {
            throw GATTError(.failed, "Sending a command to \(peer) failed.", cause: "\(error)")
        }
        switch sent {
        case .sent: return
        case .full: throw GATTError(.overflow, "Too many commands wait for \(peer).")
        case .closed: throw GATTError(.disconnected, "The link to \(peer) is gone: bluetoothd closed its socket for commands.")
        }
    }
}
