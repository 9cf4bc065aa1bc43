/// How many links an adapter holds at a time: learned from its refusals, and learned anew, since a refusal may have been a passing one.
/// A value without I/O; times are durations since the radio began, in boot time.
package struct LinkSlots: Sendable {
    /// No adapter is known that holds more.
    package static let most = 12
    /// Adapters that tell of a full table hold at least this many; with more, an attempt that fails without a word may mean it too.
    private static let least = 5
    /// One more than is known to fit is tried after this, while somebody waits for a slot; doubling with each refusal.
    private static let firstPause: Duration = .seconds(60)
    private static let longestPause: Duration = .seconds(3600)

    /// So many fit, as far as is known.
    package private(set) var known: Int
    private var pause = Self.firstPause
    private(set) var trialAt: Duration
    private var doubts = 0

    /// - Parameter known: tried beyond only after the first pause when it is less than any adapter may hold.
    init(known: Int) {
        self.known = max(1, known)
        trialAt = known < Self.most ? Self.firstPause : .zero
    }

    /// Whether another link may be tried beside these.
    func hasRoom(beside links: Int, at now: Duration) -> Bool {
        links < known || (links < Self.most && now >= trialAt)
    }

    /// So many stand.
    mutating func hold(_ links: Int) {
        doubts = 0
        guard links > known else { return }
        known = links
        pause = Self.firstPause
        trialAt = .zero
    }

    /// The adapter refused another one beside these.
    mutating func refused(beside links: Int, at now: Duration) {
        doubts = 0
        known = max(1, links)
        trialAt = now + pause
        pause = min(Self.longestPause, pause * 2)
    }

    /// An attempt beside these came to nothing, and the adapter did not say that it is full. Twice in a row, that is what it means.
    mutating func failed(beside links: Int, at now: Duration) {
        guard links >= Self.least else { return }
        doubts += 1
        if doubts > 1 { refused(beside: links, at: now) }
    }
}
