internal import Crypto
package import Recordings

/// PROVE's proof (Recorder Card Profile, Owner): HMAC-SHA-256 of the owner key over "recorder-owner-1", the challenge and the serial number.
package enum OwnerProof {
    package static let size = 32
    package static let challengeSize = 16

    package static func make(key: OwnerKey, challenge: [UInt8], serial: CardSerial) -> [UInt8] {
        Array(HMAC<SHA256>.authenticationCode(for: message(challenge, serial), using: SymmetricKey(data: key.bytes)))
    }

    /// Takes the same time whatever is wrong.
    package static func isValid(_ proof: [UInt8], key: OwnerKey, challenge: [UInt8], serial: CardSerial) -> Bool {
        HMAC<SHA256>.isValidAuthenticationCode(proof, authenticating: message(challenge, serial), using: SymmetricKey(data: key.bytes))
    }

    private static func message(_ challenge: [UInt8], _ serial: CardSerial) -> [UInt8] {
        Array("recorder-owner-1".utf8) + challenge + Array(serial.description.utf8)
    }
}
