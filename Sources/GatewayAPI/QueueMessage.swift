package import Recordings

/// A queue, as in `GET /v1/queues`.
package struct QueueMessage: Codable, Hashable, Sendable {
    package let name: String
    package let ready: Int
    package let leased: Int
    package let held: Int
    package let done: Int
    package let dead: Int
    /// When the oldest job that is ready or leased was made.
    package let oldest: UTCTime?

    package init(name: String, ready: Int, leased: Int, held: Int, done: Int, dead: Int, oldest: UTCTime? = nil) {
        self.name = name
        self.ready = ready
        self.leased = leased
        self.held = held
        self.done = done
        self.dead = dead
        self.oldest = oldest
    }
}
