internal import Recordings

/// What happens to the card.
extension SoftwareCard {
    /// Lets it happen now.
    ///
    /// - Returns: whether there was anything to harm; else it is no hit.
    /// - Throws: `vaultFailed`.
    @discardableResult
    package func suffer(_ mishap: CardMishap) async throws -> Bool {
        guard try await harm(mishap) else { return false }
        mishaps.hit(mishap.name)
        return true
    }

    /// Sees to what has come due; on the card's own behalf, so that the end of a link does not cut it short.
    func sufferWhatIsDue() async throws {
        while let mishap = mishaps.takeDue() {
            try await suffer(mishap)
            mishaps.isOver()
        }
    }

    private func harm(_ mishap: CardMishap) async throws -> Bool {
        switch mishap {
        case .reboot(let keepsClock):
            guard !keepsClock || memory.clock.isSet else { return false }
            try await reboot(keepingClock: keepsClock)
        case .format(let endsLink):
            if endsLink { await dropLink() }
            recorder = nil
            try await turn { $0.formatStorage() }
        case .clockShows(let time): return try await turn { $0.clock.show(time) }
        case .clockUnset: return try await turn { $0.clock.unset() }
        case .full: return try await turn { $0.fill() }
        case .delete(let target): return try await remove(target, as: .deletedByUser)
        case .lose(let target): return try await remove(target, as: .lost)
        case .damage(let target): return try await turn { memory in memory.victim(target).map { memory.damage($0) } ?? false }
        case .overflow(let kept): return try await turn { $0.forgetEvents(keeping: kept) }
        case .countsAgain(let count): return try await turn { $0.countAgain(count) }
        }
        return true
    }

    private func remove(_ target: CardMishap.Target, as flag: ListedFlags) async throws -> Bool {
        try await turn { memory in
            guard let number = memory.victim(target) else { return false }
            try memory.remove(number, as: flag)
            return true
        }
    }
}
