import Bytes
import CardProfile
import GATT
import Recordings
import SoftwareCard

/// A card's services as the air sees them. Whoever asks the card to forget something is looked at first: what he says he has must
/// be his at that moment.
struct WatchedCard: LocalService {
    let card: SoftwareCard
    let watch: @Sendable (ControlRequest, _ central: DeviceAddress) async -> Void

    var services: [ServiceDefinition] { card.services }

    func advertising() async -> AdvertisingData? { await card.advertising() }
    func advertisingChanged() async { await card.advertisingChanged() }
    func connected(_ link: any ServerLink) async { await card.connected(link) }
    func disconnected(_ link: any ServerLink) async { await card.disconnected(link) }
    func pairing(over link: any ServerLink) async throws -> PairingOffer { try await card.pairing(over: link) }
    func paired(over link: any ServerLink, bonded: Bool) async { await card.paired(over: link, bonded: bonded) }

    func read(_ characteristic: CharacteristicID, over link: any ServerLink) async throws -> [UInt8] {
        try await card.read(characteristic, over: link)
    }

    func write(_ value: [UInt8], to characteristic: CharacteristicID, request: Bool, over link: any ServerLink) async throws {
        if characteristic == ServedCharacteristic.controlPoint, let asked = Self.request(in: value) { await watch(asked, link.central) }
        try await card.write(value, to: characteristic, request: request, over: link)
    }

    func subscribed(_ isSubscribed: Bool, to characteristic: CharacteristicID, over link: any ServerLink) async {
        await card.subscribed(isSubscribed, to: characteristic, over: link)
    }

    private static func request(in value: [UInt8]) -> ControlRequest? {
        var reader = ByteReader(value)
        guard let opcode = (try? reader.u8("opcode")).flatMap(ControlOpcode.init(rawValue:)), (try? reader.u8("tag")) != nil else { return nil }
        return try? ControlRequest(opcode, parameters: &reader)
    }
}
