import GATT

/// A served device that writes down what happens to it and does what a test says.
final class ScriptedDevice: LocalService {
    enum Call: Sendable, Equatable {
        case connected
        case disconnected
        case subscribed(BluetoothUUID)
        case unsubscribed(BluetoothUUID)
        case bonded(Bool)
        case wrote([UInt8], request: Bool)
        case asked(PairingQuestion)
    }

    struct State: Sendable {
        var calls: [Call] = []
        var link: (any ServerLink)?
        var advertising: AdvertisingData? = ScriptedDevice.advertisement(1, isDiscoverable: false)
        var isNew = false
        var writeError: ATTError?
        var answer = PairingAnswer.yes
        /// What is written is indicated before it is answered.
        var indicatesFirst = false
    }

    static let service = BluetoothUUID(0xFE01)
    static let control = CharacteristicID(service: service, characteristic: BluetoothUUID(0xFE02))
    static let data = CharacteristicID(service: service, characteristic: BluetoothUUID(0xFE03))
    static let hello = CharacteristicID(service: service, characteristic: BluetoothUUID(0xFE04))

    let state = WaitableState(State())

    static func advertisement(_ byte: UInt8, isDiscoverable: Bool) -> AdvertisingData {
        AdvertisingData(services: [service], manufacturerData: [0xFFFF: [byte]], name: isDiscoverable ? "Card" : nil, isDiscoverable: isDiscoverable)
    }

    var services: [ServiceDefinition] {
        [
            ServiceDefinition(
                Self.service,
                [
                    CharacteristicDefinition(Self.control.characteristic, [.write, .indicate], security: .authenticated),
                    CharacteristicDefinition(Self.data.characteristic, [.writeWithoutResponse, .notify], security: .authenticated),
                    CharacteristicDefinition(Self.hello.characteristic, [.read], security: .encrypted),
                ])
        ]
    }

    func advertise(_ data: AdvertisingData?) {
        state.change {
            $0.advertising = data
            $0.isNew = true
        }
    }

    func advertising() async -> AdvertisingData? {
        state.change {
            $0.isNew = false
            return $0.advertising
        }
    }

    func advertisingChanged() async { _ = try? await state.when { $0.isNew ? () : nil } }

    func connected(_ link: any ServerLink) async {
        state.change {
            $0.link = link
            $0.calls.append(.connected)
        }
    }

    func disconnected(_ link: any ServerLink) async {
        state.change {
            if $0.link?.id == link.id { $0.link = nil }
            $0.calls.append(.disconnected)
        }
    }

    func pairing(over link: any ServerLink) async throws -> PairingOffer { throw PairingRefused() }

    func answer(_ question: PairingQuestion, over link: any ServerLink) async -> PairingAnswer {
        state.change {
            $0.calls.append(.asked(question))
            return $0.answer
        }
    }

    func paired(over link: any ServerLink, bonded: Bool) async { state.change { $0.calls.append(.bonded(bonded)) } }

    func read(_ characteristic: CharacteristicID, over link: any ServerLink) async throws -> [UInt8] { Array("hello".utf8) }

    func write(_ value: [UInt8], to characteristic: CharacteristicID, request: Bool, over link: any ServerLink) async throws {
        let indicates = try state.change {
            $0.calls.append(.wrote(value, request: request))
            if let error = $0.writeError { throw error }
            return $0.indicatesFirst
        }
        if indicates { try await link.indicate(value, on: characteristic) }
    }

    func subscribed(_ isSubscribed: Bool, to characteristic: CharacteristicID, over link: any ServerLink) async {
        state.change { $0.calls.append(isSubscribed ? .subscribed(characteristic.characteristic) : .unsubscribed(characteristic.characteristic)) }
    }

    /// Waits until this happened.
    func saw(_ call: Call) async throws { try await state.when { $0.calls.contains(call) ? () : nil } }
    func link() async throws -> any ServerLink { try await state.when { $0.link } }
}
