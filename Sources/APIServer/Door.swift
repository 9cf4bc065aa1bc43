/// Which of the three sockets a request came in by. The permissions of its folder decide who can.
package enum Door: String, Sendable, CaseIterable {
    /// Changes things.
    case control
    /// Looks: GET of scope `read` only.
    case read
    /// Nothing without a token, whoever calls.
    case agents
}
