internal import Daemon
package import EventLoop
internal import FoundationEssentials
internal import Ledger
package import Recordings
package import SystemPackage

/// Makes backups, also of a gateway that runs. An actor on a blocking thread.
package actor BackupWriter {
    private let source: BackupPlaces
    private let executor: BlockingThread

    nonisolated package var unownedExecutor: UnownedSerialExecutor { unsafe executor.asUnownedSerialExecutor() }

    package init(_ source: BackupPlaces, executor: BlockingThread) {
        self.source = source
        self.executor = executor
    }

    /// What went into a backup.
    package struct Report: Sendable {
        package let gateway: String
        package let cards: Int
        /// Cards whose bonds are not there, or may not be read.
        package let withoutBond: [String]
        package let recordings: Int
        package let hasRecordings: Bool
        package let events: Int
        package let hasConfiguration: Bool
    }

    /// Writes a backup to an open file. What is in between lies in a folder of its own, which is gone at the end.
    ///
    /// - Throws: `BackupError`, `LedgerError`, `CancellationError`; the file then holds a part that no restore takes.
    package func write(to output: FileDescriptor, version: String, now: UTCTime, withRecordings: Bool) async throws -> Report {
        let stage = try PrivateFolder(in: source.temporary, "earshot-backup")
        defer { try? FileManager.default.removeItem(atPath: stage.path) }
        for folder in ["state", "configuration", "bluetooth"] { try Self.make(stage.path + "/" + folder) }
        let ledger = try await copyLedger(to: stage.path + "/state/ledger.sqlite")
        var members = [try Self.member("state/ledger.sqlite", in: stage.path)]
        members += try copyState(to: stage.path)
        let configuration = try copyConfiguration(to: stage.path)
        members += configuration
        let bonds = try copyBonds(of: ledger.cards, to: stage.path)
        members += bonds.members
        let recordings = withRecordings ? try recordingMembers(ledger) : []
        let cards = ledger.cards.map { Manifest.Card(name: $0.name, adapter: $0.adapter, peer: $0.peer, hasBond: bonds.of.contains($0)) }
        let manifest = Manifest(
            format: Manifest.format, made: now, version: version, gateway: ledger.gateway.description, schema: ledger.schema, cards: cards,
            events: ledger.events, recordings: ledger.recordings.count, hasRecordings: withRecordings, members: members + recordings)
        try NewFile.write(try manifest.encoded(), to: "\(stage.path)/\(Manifest.name)")
        try await Tar.write(
            [
                (stage.path, [Manifest.name] + members.map(\.path)),
                (source.places.state, recordings.map { String($0.path.dropFirst(Self.prefix.count)) }),
            ], to: output, list: FilePath(stage.path + "/names"))
        return Report(
            gateway: ledger.gateway.description, cards: cards.count, withoutBond: cards.filter { !$0.hasBond }.map(\.name),
            recordings: ledger.recordings.count, hasRecordings: withRecordings, events: ledger.events, hasConfiguration: !configuration.isEmpty)
    }

    private static let prefix = "state/"

    private func copyLedger(to copy: String) async throws -> LedgerCopier.Contents {
        let path = source.places.ledger
        guard FileManager.default.isReadableFile(atPath: path) else {
            let isThere = FileManager.default.fileExists(atPath: path)
            throw BackupError(
                isThere ? "\(path) cannot be read by this user." : "There is no ledger at \(path), or it cannot be seen by this user.",
                "Run it with sudo. Elsewhere? EARSHOT_STATE.", isDenied: true)
        }
        return try await LedgerCopier(executor: executor).copy(path, to: copy)
    }

    /// The small files of the state folder: cards.json, the owner key, what later versions put there.
    private func copyState(to stage: String) throws -> [Manifest.Member] {
        let folder = try Directory.open(path: source.places.state)
        return try folder.list().sorted().compactMap { name in
            guard StateNames.isKept(name), StateNames.isFile("\(source.places.state)/\(name)") else { return nil }
            let sum = try NewFile.copy("\(source.places.state)/\(name)", to: "\(stage)/state/\(name)")
            return Manifest.Member(path: "state/\(name)", size: sum.size, sha256: sum.sha256)
        }
    }

    private func copyConfiguration(to stage: String) throws -> [Manifest.Member] {
        let path = source.places.configuration
        guard FileManager.default.fileExists(atPath: path) else { return [] }
        let sum = try NewFile.copy(path, to: "\(stage)/\(StateNames.configuration)")
        return [Manifest.Member(path: StateNames.configuration, size: sum.size, sha256: sum.sha256)]
    }

    private func copyBonds(of cards: [LedgerCopier.Contents.Card], to stage: String) throws -> (
        members: [Manifest.Member], of: Set<LedgerCopier.Contents.Card>
    ) {
        var members: [Manifest.Member] = []
        var found: Set<LedgerCopier.Contents.Card> = []
        for card in cards where StateNames.isAddress(card.adapter) && StateNames.isAddress(card.peer) {
            for name in StateNames.bondFiles {
                let path = "\(card.adapter)/\(card.peer)/\(name)"
                guard StateNames.isFile("\(source.bluetooth)/\(path)") else { continue }
                try Self.make("\(stage)/bluetooth/\(card.adapter)")
                try Self.make("\(stage)/bluetooth/\(card.adapter)/\(card.peer)")
                let sum = try NewFile.copy("\(source.bluetooth)/\(path)", to: "\(stage)/bluetooth/\(path)")
                members.append(Manifest.Member(path: "bluetooth/\(path)", size: sum.size, sha256: sum.sha256))
                found.insert(card)
            }
        }
        return (members, found)
    }

    /// The recordings as the ledger knows them: their files never change, so their digests are known.
    private func recordingMembers(_ ledger: LedgerCopier.Contents) throws -> [Manifest.Member] {
        var members: [Manifest.Member] = []
        for recording in ledger.recordings {
            let path = "recordings/\(recording.id).opus"
            // Missing here: restoring cannot bring back more than there was.
            guard StateNames.isFile("\(source.places.state)/\(path)") else { continue }
            members.append(Manifest.Member(path: Self.prefix + path, size: recording.size, sha256: recording.sha256))
            for artifact in recording.artifacts where StateNames.isFile("\(source.places.state)/artifacts/\(artifact.file)") {
                members.append(Manifest.Member(path: "\(Self.prefix)artifacts/\(artifact.file)", size: artifact.size, sha256: artifact.sha256))
            }
        }
        return members
    }

    private static func member(_ path: String, in stage: String) throws -> Manifest.Member {
        let sum = try NewFile.read("\(stage)/\(path)") { _ in }
        return Manifest.Member(path: path, size: sum.size, sha256: sum.sha256)
    }

    private static func make(_ path: String) throws {
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    }
}
