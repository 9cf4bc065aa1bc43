package import Recordings

/// What a session does, and which copy each RELEASE speaks of.
package struct CustodyPlan: Sendable, Hashable {
    package let steps: [CustodyStep]
    /// By number: the copy whose digest a `release` step quotes.
    package let offers: [UInt32: RecordingID]
}
