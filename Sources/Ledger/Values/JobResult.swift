/// What a worker says with `done`: all of it is written in one transaction, or nothing.
package struct JobResult: Sendable, Hashable {
    /// By name.
    package var annotations: [String: JSONText] = [:]
    package var screen: ScreenText?
    package var jobs: [FollowUp] = []
    /// By name; each was received before for this job.
    package var artifacts: [String: ArtifactClaim] = [:]
    package var delivery: DeliveryClaim?
    package var usage: JSONText?

    package init() {}
}
