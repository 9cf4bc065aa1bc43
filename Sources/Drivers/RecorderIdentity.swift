internal import Bytes
internal import CardProfile
internal import GATT
internal import Recordings

/// What a card says of itself before it has to prove anything.
struct RecorderIdentity: Sendable {
    let features: Features
    let card: CardIdentity

    /// Reads Device Information and Features; `within` bounds each read.
    ///
    /// - Throws: `GATTError`; `CardRefusal` for a serial number that cannot be used or a version that is not spoken here.
    init(of peer: any Peripheral, within: Duration) async throws {
        let text = ForeignText(utf8: try await peer.read(RecorderAttributes.serialNumber, within: within))
        guard let serial = CardSerial(text.raw) else {
            throw CardRefusal("The card's serial number \"\(text)\" is not 1 to 32 of A-Z a-z 0-9 . _ -")
        }
        let value = try await peer.read(RecorderAttributes.features, within: within)
        do throws(ProfileError) {
            features = try Features(value[...])
        } catch {
            throw CardRefusal(error.description)
        }
        card = CardIdentity(
            generation: Generation(serial: serial, number: features.generation),
            manufacturer: try await Self.text(RecorderAttributes.manufacturerName, of: peer, within),
            model: try await Self.text(RecorderAttributes.modelNumber, of: peer, within),
            firmware: try await Self.text(RecorderAttributes.firmwareRevision, of: peer, within),
            isJustWorksOnly: features.capabilities.contains(.justWorksOnly))
    }

    /// A card without it, or that does not let it be read, is a card all the same.
    private static func text(_ characteristic: CharacteristicID, of peer: any Peripheral, _ within: Duration) async throws -> ForeignText? {
        do {
            return ForeignText(utf8: try await peer.read(characteristic, within: within), limit: 64)
        } catch let error as GATTError where [.characteristicMissing, .notSupported, .attError].contains(error.code) {
            return nil
        }
    }
}
