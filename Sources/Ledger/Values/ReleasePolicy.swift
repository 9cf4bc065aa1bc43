/// When a card may forget a recording.
package enum ReleasePolicy: String, Sendable, Hashable, CaseIterable {
    /// Once it is durable and re-read here.
    case stored
    /// Once a destination confirmed it too.
    case delivered
}
