/// A job with all that its worker needs. The lease counts from the answer on and ends with a reboot of the machine.
package struct LeasedJob: Sendable, Hashable {
    package let job: JobInfo
    /// Known to this worker only; the ledger keeps its digest.
    package let token: String
    package let length: Duration
    package let recording: RecordingInfo?
    package let event: EventInfo?
    /// The newest annotations of the recording, by name.
    package let annotations: [AnnotationInfo]
}
