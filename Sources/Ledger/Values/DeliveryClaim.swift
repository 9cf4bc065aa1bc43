package import Bytes
package import Recordings

/// What a destination said it holds. Believed when size and digest are the recording's.
package struct DeliveryClaim: Sendable, Hashable {
    package let destination: String
    package let object: ForeignText
    package let sha256: SHA256Digest
    package let size: UInt64

    package init(destination: String, object: ForeignText, sha256: SHA256Digest, size: UInt64) {
        self.destination = destination
        self.object = object
        self.sha256 = sha256
        self.size = size
    }
}
