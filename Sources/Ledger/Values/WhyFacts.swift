package import Recordings

/// Where a recording is and why: the facts behind `earshot why`.
package struct WhyFacts: Sendable, Hashable {
    /// One thing that happened to it.
    package struct Step: Sendable, Hashable {
        package let at: UTCTime
        /// A short stable name: `listed`, `pulled`, `stored`, `release_accepted` …
        package let what: String
        /// For a person.
        package let detail: String
    }

    package let recording: RecordingInfo
    /// Oldest first.
    package let history: [Step]
    package let jobs: [JobInfo]
    package let deliveries: [DeliveryInfo]
    /// What holds all recordings up now: no room, a clock that is not synchronised.
    package let conditions: [Condition]
}
