internal import FoundationEssentials
package import Recordings

/// The field `Content-Digest: sha-256=:BASE64:` (RFC 9530).
package enum ContentDigest {
    package static func field(_ digest: SHA256Digest) -> String { "sha-256=:" + Data(digest.bytes).base64EncodedString() + ":" }

    /// The SHA-256 of a field that may name other algorithms too; nil when there is none.
    package static func sha256(in field: String) -> SHA256Digest? {
        for member in field.split(separator: ",") {
            let text = member.drop { $0 == " " }
            guard text.hasPrefix("sha-256=:"), text.hasSuffix(":") else { continue }
            return Data(base64Encoded: String(text.dropFirst(9).dropLast())).flatMap { SHA256Digest($0) }
        }
        return nil
    }
}
