/// The opcodes of the Control Point. A response carries its request's with bit 7 set.
package enum ControlOpcode: UInt8, Hashable, Sendable, CaseIterable {
    case read = 0x01
    case release = 0x02
    case setTime = 0x03
    case acknowledgeEvents = 0x04
    case record = 0x05
    case screen = 0x06
    case find = 0x07
    case own = 0x08
    case prove = 0x09
}
