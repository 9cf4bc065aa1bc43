/// What was attempted: the same words of bluetoothd mean different things in different calls.
enum Attempt: Sendable {
    case powering
    case discovering
    case connecting
    case pairing
    case using
    case subscribing
    case other
}
