/// The client's view of one connected peer. Exists inside `Central.withConnection` only; afterwards every call throws
/// `disconnected`.
package protocol Peripheral: Sendable {
    var address: DeviceAddress { get }

    /// ATT_MTU of the link. Values written and notified are at most this less 3 (Core 5.4, Vol 3, Part F, 3.4.5 and 3.4.7).
    /// 23 until it was exchanged.
    func maximumTransmissionUnit() async throws -> Int

    /// Reads a value of at most 512 bytes.
    func read(_ characteristic: CharacteristicID, within: Duration) async throws -> [UInt8]

    /// Write Request, of at most 512 bytes: returns when the peer has answered.
    func write(_ value: [UInt8], to characteristic: CharacteristicID, within: Duration) async throws

    /// Write Command: returns when the host took it; it may still be lost. Throws `overflow` when the host's queue is full.
    func writeWithoutResponse(_ value: [UInt8], to characteristic: CharacteristicID) async throws

    /// Subscribes, lends the values and unsubscribes.
    ///
    /// The subscription stands before `body` runs. At most `capacity` values wait in it; one more ends it with
    /// `overflow`, since a well-behaved peer is held by credits.
    func withValues<R: Sendable>(
        of characteristic: CharacteristicID, delivery: ValueDelivery, capacity: Int,
        _ body: @concurrent @Sendable (ValueStream) async throws -> R
    ) async throws -> R
}

/// How values reach this process.
package enum ValueDelivery: Sendable, Equatable {
    /// Over a socket of our own that no other local user can read. Fails with `notificationsHeld` when another program
    /// has it. For notifications only.
    case privateSocket
    /// Over the host's shared path where a private one cannot be had (indications; a held Status or Events).
    /// Every local user may overhear it.
    case sharedAllowed
}
