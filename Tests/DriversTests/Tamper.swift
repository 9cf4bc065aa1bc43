import Drivers
import GATT
import Synchronization

/// Stands between a card and its radio and changes what the card notifies or indicates on one characteristic at a time: several
/// values for one, none, others.
final class Tamper: LocalService {
    typealias Change = @Sendable (_ number: Int, _ value: [UInt8]) -> [[UInt8]]

    private let card: any LocalService
    private let state = Mutex((characteristic: nil as CharacteristicID?, change: nil as Change?, number: 0))

    init(_ card: any LocalService) { self.card = card }

    /// From now on; numbers count from 0 again.
    func set(on characteristic: CharacteristicID = RecorderAttributes.transfer, _ change: Change?) {
        state.withLock { $0 = (characteristic, change, 0) }
    }

    fileprivate func values(for value: [UInt8], on characteristic: CharacteristicID) -> [[UInt8]] {
        let (change, number) = state.withLock { state -> (Change?, Int) in
            guard characteristic == state.characteristic else { return (nil, 0) }
            defer { state.number += 1 }
            return (state.change, state.number)
        }
        return change?(number, value) ?? [value]
    }

    private func through(_ link: any ServerLink) -> any ServerLink { TamperedLink(link: link, tamper: self) }

    var services: [ServiceDefinition] { card.services }
    func advertising() async -> AdvertisingData? { await card.advertising() }
    func advertisingChanged() async { await card.advertisingChanged() }
    func connected(_ link: any ServerLink) async { await card.connected(through(link)) }
    func disconnected(_ link: any ServerLink) async { await card.disconnected(through(link)) }
    func pairing(over link: any ServerLink) async throws -> PairingOffer { try await card.pairing(over: through(link)) }
    func paired(over link: any ServerLink, bonded: Bool) async { await card.paired(over: through(link), bonded: bonded) }

    func read(_ characteristic: CharacteristicID, over link: any ServerLink) async throws -> [UInt8] {
        try await card.read(characteristic, over: through(link))
    }

    func write(_ value: [UInt8], to characteristic: CharacteristicID, request: Bool, over link: any ServerLink) async throws {
        try await card.write(value, to: characteristic, request: request, over: through(link))
    }

    func subscribed(_ isSubscribed: Bool, to characteristic: CharacteristicID, over link: any ServerLink) async {
        await card.subscribed(isSubscribed, to: characteristic, over: through(link))
    }
}

private struct TamperedLink: ServerLink {
    let link: any ServerLink
    let tamper: Tamper

    var id: UInt64 { link.id }
    var central: DeviceAddress { link.central }
    var maximumTransmissionUnit: Int { link.maximumTransmissionUnit }

    func notify(_ value: [UInt8], on characteristic: CharacteristicID) async throws {
        for value in tamper.values(for: value, on: characteristic) { try await link.notify(value, on: characteristic) }
    }

    func indicate(_ value: [UInt8], on characteristic: CharacteristicID) async throws {
        for value in tamper.values(for: value, on: characteristic) { try await link.indicate(value, on: characteristic) }
    }

    func disconnect() async { await link.disconnect() }
}
