/// A part of the feed.
package struct EventPage: Sendable, Hashable {
    package let items: [EventInfo]
    /// All events up to here were looked at: go on behind it.
    package let last: Int64
}
