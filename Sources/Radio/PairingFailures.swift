/// How often a pairing was tried in vain: whoever guesses passkeys gets five in ten minutes, a person who mistypes does not notice.
struct PairingFailures: Sendable {
    /// So many failed tries in so long a time, then none until the first of them is so long ago.
    static let most = 5
    static let span: Duration = .seconds(600)

    private var times: [Duration] = []

    mutating func add(at now: Duration) {
        times.append(now)
        times.removeFirst(max(0, times.count - Self.most))
    }

    /// Milliseconds until the next try is allowed; nil: now.
    func pause(at now: Duration) -> Int64? {
        guard times.count == Self.most, let first = times.first, now - first < Self.span else { return nil }
        let (seconds, attoseconds) = (first + Self.span - now).components
        return seconds * 1000 + attoseconds / 1_000_000_000_000_000 + 1
    }
}
