package import Recordings

/// Something that hinders the whole gateway until it ends.
package struct Condition: Sendable, Hashable {
    /// `storage_full`, and later others; stands in events as `health.NAME` and `health.NAME_ok`.
    package let name: String
    package let detail: String
    package let since: UTCTime
}
