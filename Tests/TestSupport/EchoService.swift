package import GATT

/// A device whose every characteristic does one plain thing, for the contract suite that all conformers of `Central` pass.
package final class EchoService: LocalService {
    package static let service = id("0000")
    /// Read, write; open. Reads what was written last, at first `greeting`.
    package static let memory = CharacteristicID(service: service, characteristic: id("0001"))
    /// Read; encrypted. Reads "secret".
    package static let secret = CharacteristicID(service: service, characteristic: id("0002"))
    /// Read, notify; authenticated. Reads "vault".
    package static let vault = CharacteristicID(service: service, characteristic: id("0003"))
    /// Write, notify; open. Each value written is notified back before the write is answered.
    package static let echo = CharacteristicID(service: service, characteristic: id("0004"))
    /// Write without response, notify; open. Each command is notified back.
    package static let command = CharacteristicID(service: service, characteristic: id("0005"))
    /// Write, indicate; open. Each value written is indicated back, three times, each once the one before was confirmed.
    package static let indicated = CharacteristicID(service: service, characteristic: id("0006"))
    /// Write, notify; open. `count(_:of:)` written to it brings that many notifications, numbered from 0.
    package static let stream = CharacteristicID(service: service, characteristic: id("0007"))
    /// Read, write; open. Refuses both with ATT error 0xFE.
    package static let refusing = CharacteristicID(service: service, characteristic: id("0008"))
    /// Write; open. The device closes the link.
    package static let hangUp = CharacteristicID(service: service, characteristic: id("0009"))

    package static let greeting = Array("hello".utf8)
    package static let passkey: UInt32 = 7_214

    /// What the device was told, in order.
    package enum Call: Hashable, Sendable {
        case connected
        case disconnected
        case pairing
        case paired(Bool)
        case subscribed(Bool, CharacteristicID)
    }

    private struct State: Sendable {
        var memory = EchoService.greeting
        var calls: [Call] = []
        var link: (any ServerLink)?
        var offer: PairingOffer? = .displaysPasskey(EchoService.passkey)
        var manufacturerData: [UInt8] = [0, 0, 0, 0]
        var isAdvertisingNew = false
        /// What its user says of digits that are to be compared.
        var isSame = true
        /// What a host with a real controller had it show.
        var shown: UInt32?
    }

    private let state = WaitableState(State())

    package init() {}

    package init(advertising data: [UInt8]) { advertise(data) }

    package var calls: [Call] { state.read(\.calls) }

    /// Waits until the device was told this, so many times.
    package func told(_ call: Call, times: Int = 1) async throws {
        try await state.when { $0.calls.count { $0 == call } >= times ? () : nil }
    }

    /// What it contributes to the next pairing; nil refuses, and is not discoverable meanwhile.
    package func setOffer(_ offer: PairingOffer?) {
        state.change {
            $0.isAdvertisingNew = $0.isAdvertisingNew || (offer == nil) != ($0.offer == nil)
            $0.offer = offer
        }
    }

    /// What its user says of digits that are to be compared.
    package func setSame(_ isSame: Bool) { state.change { $0.isSame = isSame } }

    /// Advertises other manufacturer data, always 4 bytes (of company 0xFFFF).
    package func advertise(_ data: [UInt8]) {
        state.change {
            $0.manufacturerData = Array(data.prefix(4)) + Array(repeating: 0, count: max(0, 4 - data.count))
            $0.isAdvertisingNew = true
        }
    }

    /// The value that asks `stream` for `count` notifications of `size` bytes, at least 4.
    package static func count(_ count: UInt16, of size: UInt16) -> [UInt8] {
        [UInt8(truncatingIfNeeded: count), UInt8(count >> 8), UInt8(truncatingIfNeeded: size), UInt8(size >> 8)]
    }

    /// The number in a notification of `stream`.
    package static func number(in value: ArraySlice<UInt8>) -> UInt16 {
        value.prefix(2).reversed().reduce(0) { $0 << 8 | UInt16($1) }
    }

    package let services = [
        ServiceDefinition(
            EchoService.service,
            [
                CharacteristicDefinition(memory.characteristic, [.read, .write], security: .open),
                CharacteristicDefinition(secret.characteristic, [.read], security: .encrypted),
                CharacteristicDefinition(vault.characteristic, [.read, .notify], security: .authenticated),
                CharacteristicDefinition(echo.characteristic, [.write, .notify], security: .open),
                CharacteristicDefinition(command.characteristic, [.writeWithoutResponse, .notify], security: .open),
                CharacteristicDefinition(indicated.characteristic, [.write, .indicate], security: .open),
                CharacteristicDefinition(stream.characteristic, [.write, .notify], security: .open),
                CharacteristicDefinition(refusing.characteristic, [.read, .write], security: .open),
                CharacteristicDefinition(hangUp.characteristic, [.write], security: .open),
            ])
    ]

    private static func id(_ number: String) -> BluetoothUUID {
        BluetoothUUID("ec40\(number)-7a3b-4c8e-9d11-5f20aa317e64") ?? BluetoothUUID(0)
    }

    package func advertising() async -> AdvertisingData? {
        state.change {
            $0.isAdvertisingNew = false
            return AdvertisingData(
                services: [Self.service], manufacturerData: [0xFFFF: $0.manufacturerData], name: nil, isDiscoverable: $0.offer != nil)
        }
    }

    package func advertisingChanged() async {
        _ = try? await state.when { $0.isAdvertisingNew ? () : nil }
    }

    package func connected(_ link: any ServerLink) async {
        state.change {
            $0.link = link
            $0.calls.append(.connected)
        }
    }

    package func disconnected(_ link: any ServerLink) async {
        state.change {
            $0.link = nil
            $0.calls.append(.disconnected)
        }
    }

    package func pairing(over link: any ServerLink) async throws -> PairingOffer {
        let offer = state.change {
            $0.calls.append(.pairing)
            return $0.offer
        }
        guard let offer else { throw PairingRefused() }
        return offer
    }

    /// The rest of a pairing on a host whose controller draws the digits.
    package func answer(_ question: PairingQuestion, over link: any ServerLink) async -> PairingAnswer {
        state.change { state in
            state.calls.append(.pairing)
            switch (question, state.offer) {
            case (.displayPasskey(let digits), .displaysPasskey):
                state.shown = digits
                return .yes
            case (.authorize, .justWorks): return .yes
            case (.confirm(let digits), .comparesDigits):
                state.shown = digits
                return state.isSame ? .yes : .no
            default: return .no
            }
        }
    }

    /// The digits that it shows, once it does. Good for one pairing.
    package func shownPasskey() async throws -> UInt32 {
        try await state.when { state in
            defer { state.shown = nil }
            return state.shown
        }
    }

    package func paired(over link: any ServerLink, bonded: Bool) async {
        state.change { $0.calls.append(.paired(bonded)) }
    }

    package func subscribed(_ isSubscribed: Bool, to characteristic: CharacteristicID, over link: any ServerLink) async {
        state.change { $0.calls.append(.subscribed(isSubscribed, characteristic)) }
    }

    package func read(_ characteristic: CharacteristicID, over link: any ServerLink) async throws -> [UInt8] {
        switch characteristic {
        case Self.memory: state.read(\.memory)
        case Self.secret: Array("secret".utf8)
        case Self.vault: Array("vault".utf8)
        default: throw ATTError.procedureInProgress
        }
    }

    package func write(_ value: [UInt8], to characteristic: CharacteristicID, request: Bool, over link: any ServerLink) async throws {
        switch characteristic {
        case Self.memory: state.change { $0.memory = value }
        case Self.echo, Self.command: try await link.notify(value, on: characteristic)
        case Self.indicated:
            for _ in 0..<3 { try await link.indicate(value, on: characteristic) }
        case Self.stream: try await sendStream(value, over: link)
        case Self.hangUp: await link.disconnect()
        default: throw ATTError.procedureInProgress
        }
    }

    private func sendStream(_ value: [UInt8], over link: any ServerLink) async throws {
        guard value.count == 4 else { throw ATTError.invalidLength }
        let size = max(4, Int(value[2]) | Int(value[3]) << 8)
        for number in 0..<(UInt16(value[0]) | UInt16(value[1]) << 8) {
            let start = [UInt8(truncatingIfNeeded: number), UInt8(number >> 8)]
            try await link.notify(start + Array(repeating: 0xA5, count: size - 2), on: Self.stream)
        }
    }
}
