internal import EventLoop
package import Recordings

/// The owner key of this gateway, and those that it replaced, in a file of their own: who loses the key loses what the cards hold, so it does not
/// stand in the ledger alone (docs/decisions/0020-owner-key.md).
///
/// An actor on the blocking thread. A change is durable before it counts.
package actor OwnerKeyring {
    /// What a person may know of it.
    package struct Info: Sendable, Hashable {
        /// The first 8 bytes of its SHA-256, in hexadecimal: tells two keys apart and gives none away.
        package let fingerprint: String
        package let made: UTCTime
        /// Cards that may still have an earlier key: they get this one when they are met.
        package let waiting: [CardSerial]
    }

    /// Why a key was not taken.
    package enum Failure: Error, Sendable, Hashable, CustomStringConvertible {
        case damaged(String)
        case storage(String)
        /// There is another, which cards may have.
        case other

        package var description: String {
            switch self {
            case .damaged(let why): "\(OwnerFile.name) cannot be used: \(why)"
            case .storage(let why): "The owner key could not be written: \(why)"
            case .other: "This gateway has another owner key, and its cards may have it."
            }
        }
    }

    private let root: Directory
    private let executor: any SerialExecutor
    private var file: OwnerFile
    /// Proofs that a card refused since it last accepted one: the next key is tried in its next session.
    private var refusals: [CardSerial: Int] = [:]

    nonisolated package var unownedExecutor: UnownedSerialExecutor { unsafe executor.asUnownedSerialExecutor() }

    private init(root: consuming Directory, file: OwnerFile, executor: any SerialExecutor) {
        self.root = root
        self.file = file
        self.executor = executor
    }

    /// Reads the key beside the store; makes one when there is none.
    ///
    /// - Parameters:
    ///   - root: the state folder, which exists.
    ///   - random: 32 bytes.
    /// - Returns: the keyring, and whether its key was made just now.
    /// - Throws: `Failure`: nothing was changed.
    package static func open(
        root: String, at time: UTCTime, executor: any SerialExecutor, random: @Sendable () -> [UInt8] = OwnerKeyring.random
    ) async throws -> (OwnerKeyring, isNew: Bool) {
        try await Opener(executor: executor).open(root, time, random)
    }

    /// From the system's own generator.
    package static let random: @Sendable () -> [UInt8] = {
        var generator = SystemRandomNumberGenerator()
        return (0..<32).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
    }

    private actor Opener {
        private let executor: any SerialExecutor
        nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe executor.asUnownedSerialExecutor() }
        init(executor: any SerialExecutor) { self.executor = executor }

        func open(_ root: String, _ time: UTCTime, _ random: @Sendable () -> [UInt8]) throws -> (OwnerKeyring, isNew: Bool) {
            let folder: Directory
            do { folder = try Directory.open(path: root) } catch { throw Failure.storage("\(error)") }
            if let file = try OwnerFile.read(in: folder) { return (OwnerKeyring(root: folder, file: file, executor: executor), false) }
            guard let key = OwnerKey(random()) else { throw Failure.damaged("32 bytes were not drawn") }
            let file = OwnerFile(current: key, made: time, earlier: [])
            try file.write(in: folder)
            return (OwnerKeyring(root: folder, file: file, executor: executor), true)
        }
    }

    package func info() -> Info {
        Info(
            fingerprint: file.current.fingerprint, made: file.made,
            waiting: Set(file.earlier.flatMap(\.cards)).sorted { $0.description < $1.description })
    }

    /// The key itself, for a backup.
    package func export() -> OwnerKey { file.current }

    // MARK: - What a session asks

    /// Each card has a key that was made for it alone; one that was given the owner's key itself, by an earlier version, proves by that and gets its own.
    package func keys(for serial: CardSerial) -> OwnerKeys {
        // Newest first, behind the key that a card was seen to have when it was replaced.
        let likely = file.earlier.last { $0.cards.contains(serial) }.map { [$0.key] } ?? []
        let owners = likely + ([file.current] + file.earlier.reversed().map(\.key)).filter { !likely.contains($0) }
        let wasGiven = file.given.contains(serial)
        let candidates = wasGiven ? owners.map { $0.made(for: serial) } + owners : owners.flatMap { [$0.made(for: serial), $0] }
        return OwnerKeys(
            proof: candidates[refusals[serial, default: 0] % candidates.count], current: file.current.made(for: serial), wasGiven: wasGiven)
    }

    package func told(_ outcome: OwnerOutcome, of serial: CardSerial) throws {
        switch outcome {
        case .refused: refusals[serial, default: 0] += 1
        case .has(let key):
            refusals[serial] = nil
            guard key == file.current.made(for: serial), !file.given.contains(serial) || file.earlier.contains(where: { $0.cards.contains(serial) })
            else { return }
            var changed = file
            if !changed.given.contains(serial) { changed.given.append(serial) }
            for index in changed.earlier.indices { changed.earlier[index].cards.removeAll { $0 == serial } }
            try keep(changed)
        }
    }

    // MARK: - What a person asks

    /// Takes a key that was exported, here or on another gateway of the same owner.
    ///
    /// - Parameter cards: all that this gateway knows: they may have the key that is replaced.
    /// - Throws: `Failure.other` when there is another and it may not be replaced.
    package func take(_ key: OwnerKey, replacing: Bool, cards: [CardSerial], at time: UTCTime) throws {
        guard key != file.current else { return }
        guard replacing else { throw Failure.other }
        try replace(by: key, cards: cards, at: time)
    }

    /// A new key; each card gets it when it is met.
    package func rotate(cards: [CardSerial], at time: UTCTime, random: @Sendable () -> [UInt8] = OwnerKeyring.random) throws {
        guard let key = OwnerKey(random()) else { throw Failure.damaged("32 bytes were not drawn") }
        try replace(by: key, cards: cards, at: time)
    }

    private func replace(by key: OwnerKey, cards: [CardSerial], at time: UTCTime) throws {
        var changed = file
        changed.earlier.removeAll { $0.key == key }
        // A card that still waits for the key before this one has not got this one.
        let waiting = Set(changed.earlier.flatMap(\.cards))
        changed.earlier.append(OwnerFile.Earlier(key: file.current, cards: cards.filter { !waiting.contains($0) }))
        changed.current = key
        changed.made = time
        try keep(changed)
        refusals = [:]
    }

    private func keep(_ changed: OwnerFile) throws {
        try changed.write(in: root)
        file = changed
    }
}
