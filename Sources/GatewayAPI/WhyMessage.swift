package import Recordings

/// `GET /v1/recordings/ID/why`: where a recording is, what happens next, and each step with its time.
package struct WhyMessage: Codable, Hashable, Sendable {
    /// `anna/214`, or as it was asked for.
    package let ref: String
    package let state: Term<RecordingState>
    /// Where it is, in a sentence.
    package let answer: String
    /// What happens next, in a sentence.
    package let next: String
    /// Whether a person is needed.
    package let needsPerson: Bool
    /// nil when nothing of it was ever here.
    package let recording: RecordingMessage?
    /// Oldest first.
    package let steps: [WhyStep]
    package let jobs: [JobMessage]
    package let deliveries: [DeliveryMessage]
    package let conditions: [ConditionMessage]

    package enum CodingKeys: String, CodingKey {
        case ref, state, answer, next, recording, steps, jobs, deliveries, conditions
        case needsPerson = "needs_person"
    }

    package init(
        ref: String, state: Term<RecordingState>, answer: String, next: String, needsPerson: Bool, recording: RecordingMessage? = nil,
        steps: [WhyStep], jobs: [JobMessage], deliveries: [DeliveryMessage], conditions: [ConditionMessage]
    ) {
        self.ref = ref
        self.state = state
        self.answer = answer
        self.next = next
        self.needsPerson = needsPerson
        self.recording = recording
        self.steps = steps
        self.jobs = jobs
        self.deliveries = deliveries
        self.conditions = conditions
    }
}

package struct WhyStep: Codable, Hashable, Sendable {
    package let at: UTCTime
    /// A short stable name: `listed`, `stored`, `release_accepted` …
    package let what: String
    package let detail: String

    package init(at: UTCTime, what: String, detail: String) {
        self.at = at
        self.what = what
        self.detail = detail
    }
}
