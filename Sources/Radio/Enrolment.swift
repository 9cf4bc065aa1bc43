internal import Drivers
internal import GATT
internal import Recordings

/// One pairing from the first question to the ledger's row. What does not end in a row leaves no bond.
struct Enrolment: Sendable {
    let central: any Central
    let registry: any CardRegistry
    let desk: PairingDesk
    let clock: any Clock<Duration>

    /// Reading the identity after the bond was made.
    private static let identifyWithin: Duration = .seconds(20)

    func run(
        _ id: PairingID, _ request: PairingRequest, with device: DeviceAddress, on adapter: DeviceAddress, driver: any CardDriver
    ) async throws -> PairedCard {
        desk.publish(.pairing(address: device), of: id)
        let method = try await central.pair(with: device, on: adapter, within: request.window) { question in
            if question == .authorize { return request.allowUnauthenticated ? .yes : .no }
            return await desk.ask(question, of: id)
        }
        do {
            let identity = try await central.withConnection(
                to: device, on: adapter, services: [type(of: driver).service], within: Self.identifyWithin
            ) { link in
                try await driver.identify(link, within: Self.identifyWithin)
            }
            guard method.isAuthenticated || request.allowUnauthenticated else { throw UnauthenticatedBond() }
            // The window may have closed meanwhile: then nobody waits for this card any more.
            guard desk.request?.id == id else { throw CancellationError() }
            let card = try await registry.enrol(
                NewCard(name: request.name, adapter: adapter, peer: device, method: method, identity: identity))
            desk.publish(.paired(card: card.id, serial: identity.generation.serial, method: method), of: id)
            return card
        } catch {
            // Unstructured, since this task may be cancelled: then the central would do nothing, and the bond would stay.
            await Task { try? await central.forget(device, on: adapter) }.value
            throw error
        }
    }

    /// The bond was made by Just Works and nobody allowed that.
    struct UnauthenticatedBond: Error {}

    /// What a person is told.
    static func failure(_ error: any Error) -> PairingEvent {
        switch error {
        case is UnauthenticatedBond:
            .failed(
                reason: "The card was paired without a passkey, so somebody in the middle would not have been noticed; the bond was removed.",
                fix: "Pair again with allow_unauthenticated, if this card has neither keys nor a screen.")
        case let error as GATTError where error.code == .pairingFailed || error.code == .authenticationFailed:
            .failed(reason: String(describing: error), fix: "Put the card in pairing mode again and type the six digits that it shows.")
        case let error as GATTError where error.code == .alreadyBonded:
            .failed(
                reason: String(describing: error),
                fix: "No card here goes with this bond, as after a pairing that was cut off: `bluetoothctl remove` the address, then pair again.")
        case let error as CustodyError:
            .failed(reason: String(describing: error), fix: "Forget the card of that serial number first, here and on the card.")
        case let error as CardRefusal:
            .failed(reason: String(describing: error), fix: "Ask the card's maker for a firmware that follows the profile.")
        default: .failed(reason: String(describing: error), fix: "Bring the card nearer, put it in pairing mode again and repeat.")
        }
    }
}
