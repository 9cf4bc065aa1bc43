package import Bytes
package import Recordings

package struct ArtifactClaim: Sendable, Hashable {
    package let sha256: SHA256Digest
    package let size: UInt64
    package let type: ForeignText

    package init(sha256: SHA256Digest, size: UInt64, type: ForeignText) {
        self.sha256 = sha256
        self.size = size
        self.type = type
    }
}
