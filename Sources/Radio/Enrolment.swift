internal import Drivers
internal import GATT
internal import Recordings

/// One pairing from the first question to the ledger's row. What does not end in a row leaves no bond.
struct Enrolment: Sendable {
    let central: any Central
    let registry: any CardRegistry
    let desk: PairingDesk
    let clock: any Clock<Duration>
    let wallClock: WallClock

    /// Reading the identity after the bond was made.
    private static let identifyWithin: Duration = .seconds(20)

    /// - Returns: the card, and what to tell of it once it is met.
    func run(
        _ id: PairingID, _ request: PairingRequest, with device: DeviceAddress, on adapter: DeviceAddress, driver: any CardDriver
    ) async throws -> (PairedCard, PairingEvent) {
        desk.publish(.pairing(address: device), of: id)
        let bonded = try await central.bondedPeers(on: adapter)
        let isJustWorks = WaitableState(false)
        // The address the bond is kept under: another than `device` once a private address has given way to the identity.
        var peer = device
        do {
            let bond = try await central.pair(with: device, on: adapter, within: request.window) { question in
                guard question == .authorize else { return await desk.ask(question, of: id) }
                isJustWorks.change { $0 = true }
                return request.allowUnauthenticated ? .yes : .no
            }
            peer = bond.peer
            guard bond.method.isAuthenticated || request.allowUnauthenticated else { throw UnauthenticatedBond() }
            let (identity, admission) = try await central.withConnection(
                to: peer, on: adapter, services: [type(of: driver).service], within: Self.identifyWithin
            ) { link in try await self.admit(link, driver) }
            // The window may have closed meanwhile: then nobody waits for this card any more.
            guard desk.commit(id) else { throw CancellationError() }
            let card = try await registry.enrol(
                NewCard(name: request.name, adapter: adapter, peer: peer, method: bond.method, identity: identity))
            return (card, .paired(card: card.id, serial: identity.generation.serial, method: bond.method, admission: admission))
        } catch {
            // Unstructured, since this task may be cancelled: then the central would do nothing, and the bond would stay. One that was there before is
            // not ours.
            let left = peer
            if !bonded.contains(left) { await Task { try? await central.forget(left, on: adapter) }.value }
            throw isJustWorks.read { $0 } && !request.allowUnauthenticated && error is GATTError ? UnauthenticatedBond() : error
        }
    }

    /// Who the card is, and that it is ours.
    private func admit(_ link: any Peripheral, _ driver: any CardDriver) async throws -> (CardIdentity, Admission) {
        let identity = try await driver.identify(link, within: Self.identifyWithin)
        let serial = identity.generation.serial
        try await registry.mayEnrol(serial)
        let admission = try await driver.admit(
            link, identity, keys: try await registry.ownerKeys(for: serial), clock: clock, wallClock: wallClock
        ) { try await registry.owner($0, of: serial) }
        return (identity, admission)
    }

    /// The bond was made by Just Works and nobody allowed that.
    struct UnauthenticatedBond: Error, CustomStringConvertible {
        let description = "The card was paired without a passkey, so somebody in the middle would not have been noticed; the bond was removed."
    }

    /// Whether somebody may have tried a passkey in vain.
    static func isGuess(_ error: any Error) -> Bool {
        switch error {
        case is UnauthenticatedBond: true
        case let error as GATTError: error.code == .pairingFailed || error.code == .authenticationFailed
        default: false
        }
    }

    /// What a person is told.
    static func failure(_ error: any Error) -> PairingEvent {
        switch error {
        case let error as UnauthenticatedBond:
            .failed(
                reason: error.description,
                fix: "Pair again with --allow-unauthenticated (allow_unauthenticated), if this card has neither keys nor a screen.")
        case let error as EnrolmentRefusal: .failed(reason: error.description, fix: error.fix)
        case let error as GATTError where error.code == .pairingFailed || error.code == .authenticationFailed:
            // What the host said stands in the log: a name of D-Bus tells a person nothing.
            .failed(
                reason: error.failure == nil ? error.detail : error.description,
                fix: "Put the card in pairing mode again and type the six digits that it shows.")
        case let error as GATTError where error.code == .alreadyBonded:
            .failed(
                reason: String(describing: error),
                fix: "No card here goes with this bond, as after a pairing that was cut off: `bluetoothctl remove` the address, then pair again.")
        case let error as CardRefusal:
            .failed(
                reason: String(describing: error),
                fix:
                    "A card with another owner opens by that owner's key alone, or by a factory reset, which erases what it holds. For anything else ask "
                    + "its maker for a firmware that follows the profile.")
        default: .failed(reason: String(describing: error), fix: "Bring the card nearer, put it in pairing mode again and repeat.")
        }
    }
}
