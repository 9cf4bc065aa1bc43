internal import CardProfile
internal import GATT
internal import Recordings

/// Proves to a card with an owner on whose behalf this gateway speaks, and gives one without owner its key of ours when a person pairs it (Recorder Card
/// Profile, Owner).
struct OwnerGate {
    let link: RecorderLink
    let features: Features
    let serial: CardSerial
    /// nil: this gateway has none.
    let keys: OwnerKeys?
    /// A person vouches for the card now. At any other time a card that says that it has no owner may have been taken apart, and gets nothing.
    let isPairing: Bool
    /// Is told what the card made of a key.
    let told: (OwnerOutcome) async throws -> Void

    /// Returns when the card obeys this link; throws `SessionRefusal` when it will not.
    @discardableResult func open() async throws -> OwnerState {
        guard features.capabilities.contains(.owner) else {
            try checkNeverGiven()
            return .notOffered
        }
        let response = try await link.ask(.challenge)
        switch (response.result, response.answer) {
        case (.noSuchObject, _):
            guard let keys, isPairing else {
                try checkNeverGiven()
                return .none
            }
            try await give(keys.current)
            return .set
        case (.success, .challenge(let challenge)):
            guard let keys else { throw SessionRefusal(reason: "The card has an owner, and this gateway has no owner key.") }
            let proof = OwnerProof.make(key: keys.proof, challenge: challenge, serial: serial)
            guard try await prove(proof, keys) else {
                try await told(.refused(keys.proof))
                throw SessionRefusal(
                    reason:
                        "The card's owner is another: it did not accept the proof by this gateway's owner key. If the card is yours, bring its key: "
                        + "earshot owner import.")
            }
            guard keys.proof != keys.current else {
                try await told(.has(keys.current))
                return .proven
            }
            try await give(keys.current)
            return .replaced
        default: throw ProfileError(.outOfOrder, "The card answers PROVE with: \(response.result).")
        }
    }

    private func checkNeverGiven() throws {
        guard !isPairing, let keys, keys.wasGiven else { return }
        throw SessionRefusal(
            reason:
                "The card had this gateway's owner key and says now that it has no owner: its memory was erased or replaced, or it is another device "
                + "with that bond. It gets no key. If it is yours: earshot forget the card, then pair it again.")
    }

    /// - Returns: whether the card believes it.
    private func prove(_ proof: [UInt8], _ keys: OwnerKeys) async throws -> Bool {
        do {
            return try await link.ask(.prove(proof: proof)).result == .success
        } catch let error as GATTError where error.code == .disconnected {
            // A card drops the link right behind its no, which may be lost with it. Another key at the next link costs nothing.
            try await told(.refused(keys.proof))
            throw error
        }
    }

    private func give(_ key: OwnerKey) async throws {
        let result = try await link.ask(.own(key)).result
        guard result == .success else { throw ProfileError(.outOfOrder, "The card offers an owner and answers OWN with: \(result).") }
        try await told(.has(key))
    }
}
