internal import CardProfile
internal import Recordings

/// Proves to a card with an owner on whose behalf this gateway speaks (Recorder Card Profile, Owner).
struct OwnerGate {
    let session: RecorderSession

    /// Returns when the card obeys this link; throws `SessionRefusal` when it will not.
    func open() async throws {
        guard session.features.capabilities.contains(.owner) else { return }
        let response = try await session.link.ask(.challenge)
        switch (response.result, response.answer) {
        case (.noSuchObject, _): return  // The card has no owner.
        case (.success, .challenge(let challenge)):
            guard let key = try await session.sink.ownerKey() else {
                throw SessionRefusal(reason: "The card has an owner, and this gateway has no owner key.")
            }
            let proof = OwnerProof.make(key: key, challenge: challenge, serial: session.serial)
            guard try await session.link.ask(.prove(proof: proof)).result == .success else {
                throw SessionRefusal(reason: "The card's owner is another: it did not accept the proof by this gateway's owner key.")
            }
        default: throw ProfileError(.outOfOrder, "The card answers PROVE with: \(response.result).")
        }
    }
}
