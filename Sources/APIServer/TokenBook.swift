internal import Synchronization

/// The tokens that the agents' door knows now.
package final class TokenBook: Sendable {
    private let tokens: Mutex<[AccessToken]>

    package init(_ tokens: [AccessToken]) { self.tokens = Mutex(tokens) }

    /// From now on these and no others.
    package func use(_ tokens: [AccessToken]) { self.tokens.withLock { $0 = tokens } }

    /// Compares every token, whichever fits.
    func token(_ offered: String) -> AccessToken? { tokens.withLock { $0 }.filter { $0.matches(offered) }.first }
}
