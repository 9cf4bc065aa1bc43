/// The central's side of a Bluetooth LE host: adapters, advertisements, links, bonds.
///
/// Conformers: `BlueZ` (org.bluez over D-Bus) and `MemoryRadio` (in memory). Every operation ends within the time that
/// it is given, ends early when its task is cancelled, and throws `GATTError`, or `CancellationError` when cancelled.
/// A call that was cancelled leaves nothing behind: no link, no discovery, no descriptor.
package protocol Central: Sendable {
    /// The adapters there are now, in the order of their names.
    func adapters() async throws -> [AdapterInfo]

    /// Switches an adapter on, or off: then its links and its discovery end. Returns when the host says that it is so.
    ///
    /// - Throws: `adapterUnavailable` when there is none, or it cannot be switched on (blocked by rfkill).
    func setPower(_ isOn: Bool, of adapter: DeviceAddress) async throws

    /// Runs discovery on the adapter while `body` runs, and lends it what is heard of connectable devices that advertise
    /// one of `services`; of all of them when it is empty. One discovery per adapter at a time; never during `withConnection` on
    /// the same adapter: the caller sees to that. Bonded peers are heard like others.
    ///
    /// A peer is told of when it is first heard in this discovery and whenever its advertisement has changed; with `repeats` also each time
    /// that it is heard, which costs a message of the host for each advertisement of every device around.
    ///
    /// The stream ends by throwing: `adapterUnavailable`, `hostUnavailable`. It keeps the newest advertisement of each
    /// peer, at most `AdvertisementStream.capacity` peers; more are counted and dropped.
    func withDiscovery<R: Sendable>(
        of services: Set<BluetoothUUID>, on adapter: DeviceAddress, repeats: Bool,
        _ body: @concurrent @Sendable (AdvertisementStream) async throws -> R
    ) async throws -> R

    /// Connects, resolves the services, lends the link and disconnects when `body` returns or throws.
    ///
    /// `services` are those the caller cannot do without: a tree without them is `servicesMissing`.
    /// `within` bounds connecting and resolving together; disconnecting is bounded by the conformer.
    func withConnection<R: Sendable>(
        to peer: DeviceAddress, on adapter: DeviceAddress, services: Set<BluetoothUUID>, within: Duration,
        _ body: @concurrent @Sendable (any Peripheral) async throws -> R
    ) async throws -> R

    /// Pairs and bonds as the initiator. `dialogue` is asked what the peer's and our abilities demand, at most for the
    /// time that is left of `within`.
    ///
    /// From here on the peer is known by the identity address that comes back: with a private address, `peer` is one that it used for a while.
    func pair(
        with peer: DeviceAddress, on adapter: DeviceAddress, within: Duration,
        dialogue: @escaping @Sendable (PairingQuestion) async -> PairingAnswer
    ) async throws -> NewBond

    /// Removes the bond and everything the host remembers of the peer. Success when there was none.
    func forget(_ peer: DeviceAddress, on adapter: DeviceAddress) async throws

    /// The peers that the host holds a bond with, whoever made it.
    func bondedPeers(on adapter: DeviceAddress) async throws -> [DeviceAddress]

    /// The peers whose bond came while this process followed the host, and not by `pair`: by another program, with another agent. What such
    /// a bond is worth nobody here knows.
    func foreignBonds(on adapter: DeviceAddress) async throws -> [DeviceAddress]

    /// Closes links to these peers that an earlier process left open. Their state is unknown here, so none is used.
    func closeLinks(to peers: Set<DeviceAddress>, on adapter: DeviceAddress) async throws
}

extension Central {
    /// The same without repeats.
    package func withDiscovery<R: Sendable>(
        of services: Set<BluetoothUUID>, on adapter: DeviceAddress,
        _ body: @concurrent @Sendable (AdvertisementStream) async throws -> R
    ) async throws -> R {
        try await withDiscovery(of: services, on: adapter, repeats: false, body)
    }
}

/// A bond that was just made.
package struct NewBond: Sendable, Hashable {
    /// The peer's identity address (Core 5.4, Vol 3, Part C, 10.8), which the host knows it by on every later link.
    package let peer: DeviceAddress
    /// What our own agent was asked during this very pairing. Only that tells what the bond is worth: no host reports the security level of a
    /// bond afterwards.
    package let method: PairingMethod

    package init(peer: DeviceAddress, method: PairingMethod) {
        self.peer = peer
        self.method = method
    }
}

/// What a pairing asks of a person, on either side.
package enum PairingQuestion: Sendable, Hashable {
    /// The peer shows six digits: type them.
    case enterPasskey
    /// Show these six digits: they are typed on the peer.
    case displayPasskey(UInt32)
    /// Both show these six digits: are they the same?
    case confirm(UInt32)
    /// Nothing can be compared (Just Works): allow it all the same?
    case authorize
}

package enum PairingAnswer: Sendable, Hashable {
    /// 0...999999
    case passkey(UInt32)
    /// Confirmed, authorised, or the passkey was shown.
    case yes
    case no
}

/// How a bond was made, as our agent saw it. Raw values stand in the ledger.
package enum PairingMethod: String, Sendable, Codable, CaseIterable {
    case passkeyEntered = "passkey_entered"
    case passkeyDisplayed = "passkey_displayed"
    case numericComparison = "numeric_comparison"
    case justWorks = "just_works"

    /// Whether somebody in the middle would have been noticed.
    package var isAuthenticated: Bool { self != .justWorks }
}
