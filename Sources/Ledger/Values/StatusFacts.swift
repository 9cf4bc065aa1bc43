package import Recordings

/// The counts behind `earshot status`.
package struct StatusFacts: Sendable, Hashable {
    package let gateway: GatewayIdentity
    package let cards: Int
    /// By state; current copies only, states without a recording are left out.
    package let recordings: [RecordingState: Int]
    package let queues: [QueueInfo]
    package let conditions: [Condition]
    /// The sequence of the newest event; 0 for none.
    package let lastEvent: Int64
    package let deliveries: Int
}
