package import Recordings

/// What a worker says at the end of a job.
package struct Completion: Sendable, Hashable {
    package let job: JobID
    package let token: String
    package let result: JobResult

    package init(job: JobID, token: String, result: JobResult) {
        self.job = job
        self.token = token
        self.result = result
    }
}
