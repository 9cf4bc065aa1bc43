internal import Daemon
package import EventLoop
internal import FoundationEssentials
internal import Glibc
internal import Ledger
package import Recordings
package import SystemPackage

/// Brings a backup back. An actor on a blocking thread.
///
/// The order: nobody else works on the state folder (its lock); unpack beside it; verify everything; refuse what would lose something; put what is
/// there aside; put the files in place, the ledger last. What fails before the last but two changes nothing.
///
/// Root does all of it in the state folder with the rights of its owner; configuration and bonds, which are root's, come from memory, as they were
/// when they were verified.
package actor Restorer {
    private let target: BackupPlaces
    private let executor: BlockingThread

    nonisolated package var unownedExecutor: UnownedSerialExecutor { unsafe executor.asUnownedSerialExecutor() }

    package init(_ target: BackupPlaces, executor: BlockingThread) {
        self.target = target
        self.executor = executor
    }

    /// What came back.
    package struct Report: Sendable {
        package let gateway: String
        package let made: UTCTime
        package let cards: [String]
        /// Recordings that the ledger tells of, and how many of their files came with it.
        package let recordings: Int
        package let broughtRecordings: Int
        package let configuration: String?
        /// Where that lies which was there before; empty when nothing was.
        package let aside: [String]
        /// Cards by the adapter that their bonds belong to.
        package let bonds: [String: [String]]
        /// Cards without a bond in the backup: they have to be paired again.
        package let withoutBond: [String]
        /// Why bonds could not be put in place.
        package let bondTrouble: String?
    }

    /// - Parameters:
    ///   - input: the open backup.
    ///   - losing: bring back also a ledger that does not know recordings that are here: they go to lost+found at the next start.
    package func restore(_ input: FileDescriptor, now: UTCTime, losing: Bool) async throws -> Report {
        let state = target.places.state
        try makeState()
        let owner = StateOwner(of: state)
        try owner?.take()
        defer { owner?.giveBack() }
        guard let lock = try takeLock() else {
            throw BackupError("An earshotd works on \(state).", "Stop it first: systemctl stop earshotd")
        }
        defer { lock.release() }
        let unpacked = try PrivateFolder(in: state, "restore")
        defer { try? FileManager.default.removeItem(atPath: unpacked.path) }
        try await Tar.unpack(input, into: unpacked.path)
        let backup = try await OpenedBackup.open(unpacked.path, copier: LedgerCopier(executor: executor))
        if !losing { try refuseLoss(backup) }
        return try place(backup, now, owner)
    }

    private func makeState() throws {
        guard !StateNames.isFolder(target.places.state) else { return }
        do {
            try FileManager.default.createDirectory(
                atPath: target.places.state, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
            StateOwner.ofEarshot?.give(target.places.state)
        } catch { throw BackupError("\(target.places.state) cannot be made: \(error).", "Run it with sudo.", isDenied: true) }
    }

    private func takeLock() throws -> ExclusiveLock? {
        do {
            return try ExclusiveLock.take(path: target.places.state + "/lock")
        } catch {
            let isRoot = getuid() == 0
            throw BackupError(
                "\(error)", isRoot ? "Everything in that folder has to belong to its owner: chown -R earshot:earshot FOLDER" : "Run it with sudo.",
                isDenied: true)
        }
    }

    /// A ledger that knows less than the files here would send them to lost+found.
    private func refuseLoss(_ backup: OpenedBackup) throws {
        let known = Set(backup.ledger.recordings.map { "\($0.id).opus" })
        let here = (try? FileManager.default.contentsOfDirectory(atPath: target.places.state + "/recordings")) ?? []
        let strangers = here.filter { $0.hasSuffix(".opus") && !known.contains($0) }
        guard strangers.isEmpty else {
            throw BackupError(
                "\(strangers.count) recordings are here that the backup does not know: it is older than they are.",
                "Only the ledger is lost or damaged? Move it away and make it anew from the files here: earshotd --rebuild. Back to the backup all the "
                    + "same: --older; they go to recordings/lost+found then.")
        }
    }

    // MARK: - Putting in place

    private func place(_ backup: OpenedBackup, _ now: UTCTime, _ owner: StateOwner?) throws -> Report {
        let state = target.places.state
        let aside = Aside(in: state, now)
        var brought = 0
        let small = backup.manifest.members.filter { $0.path.hasPrefix("state/") && $0.path != StateNames.ledger }
        for name in ["ledger.sqlite", "ledger.sqlite-wal", "ledger.sqlite-shm", "cards.json", "journal"] { try aside.take("\(state)/\(name)") }
        for member in small {
            let path = "\(state)/\(member.path.dropFirst("state/".count))"
            let parts = member.path.split(separator: "/")
            if parts.count == 3 {
                let folder = "\(state)/\(parts[1])"
                if !StateNames.isFolder(folder) { try Self.make(folder) }
                // A recording that is here already is the same, or recovery says so.
                if StateNames.exists(path) { continue }
                if parts[1] == "recordings" { brought += 1 }
            } else {
                try aside.take(path)
            }
            try Self.move("\(backup.folder)/\(member.path)", to: path)
        }
        // Old keys of bluetoothd are not for the owner of the state folder.
        let rootsAside = owner == nil ? aside : Aside(in: configurationFolder, now)
        owner?.giveBack()
        let configuration: String?
        let trouble: String?
        do {
            configuration = try placeConfiguration(backup, rootsAside)
            trouble = placeBonds(backup, rootsAside)
            try owner?.take()
        } catch {
            try owner?.take()
            throw error
        }
        // With it the box is what the backup was; without it earshotd does not start, and says why.
        try Self.move("\(backup.folder)/\(StateNames.ledger)", to: target.places.ledger)
        let folder = try Directory.open(path: state)
        try folder.synchronize()
        let bonded = backup.manifest.cards.filter(\.hasBond)
        return Report(
            gateway: backup.manifest.gateway, made: backup.manifest.made, cards: backup.manifest.cards.map(\.name),
            recordings: backup.ledger.recordings.count, broughtRecordings: brought, configuration: configuration,
            aside: Array(Set([aside.path, rootsAside.path].compactMap(\.self))).sorted(),
            bonds: Dictionary(grouping: bonded, by: \.adapter).mapValues { $0.map(\.name) },
            withoutBond: backup.manifest.cards.filter { !$0.hasBond }.map(\.name), bondTrouble: trouble)
    }

    private var configurationFolder: String {
        let path = target.places.configuration
        return String(path[..<(path.lastIndex(of: "/") ?? path.startIndex)])
    }

    private func placeConfiguration(_ backup: OpenedBackup, _ aside: Aside) throws -> String? {
        guard let bytes = backup.outside[StateNames.configuration] else { return nil }
        let path = target.places.configuration
        let folder = configurationFolder
        if !folder.isEmpty, !StateNames.isFolder(folder) {
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        }
        try aside.copy(path)
        let part = path + ".restored"
        _ = unsafe unlink(part)
        try NewFile.write(bytes, to: part)
        // Everybody may read it: it holds no secret.
        guard unsafe chmod(part, 0o644) == 0, unsafe rename(part, path) == 0 else { throw SystemError("rename", path: path) }
        return path
    }

    /// - Returns: why it did not work; the rest of the backup is of use without it.
    private func placeBonds(_ backup: OpenedBackup, _ aside: Aside) -> String? {
        do {
            for (member, bytes) in backup.outside.sorted(by: { $0.key < $1.key }) where member.hasPrefix("bluetooth/") {
                let parts = member.split(separator: "/")
                let folder = "\(target.bluetooth)/\(parts[1])/\(parts[2])"
                try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
                let path = "\(folder)/\(parts[3])"
                try aside.copy(path, as: "\(parts[1])-\(parts[2])-\(parts[3])".replacing(":", with: ""))
                let part = path + ".restored"
                _ = unsafe unlink(part)
                try NewFile.write(bytes, to: part)
                guard unsafe rename(part, path) == 0 else { throw SystemError("rename", path: path) }
            }
            return nil
        } catch { return "\(error)" }
    }

    private static func move(_ path: String, to target: String) throws {
        guard unsafe rename(path, target) == 0 else { throw SystemError("rename", path: target) }
    }

    private static func make(_ path: String) throws {
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false, attributes: [.posixPermissions: 0o700])
    }
}

/// Where that goes which is in the way; made when the first comes.
private final class Aside {
    private let folder: String
    private(set) var path: String?

    init(in parent: String, _ now: UTCTime) {
        let stamp = now.description.prefix(19).replacing(":", with: "").replacing("-", with: "")
        var name = "\(parent)/before-restore-\(stamp)"
        var copy = 1
        while StateNames.exists(name) {
            copy += 1
            name = "\(parent)/before-restore-\(stamp)-\(copy)"
        }
        folder = name
    }

    func take(_ path: String) throws {
        guard StateNames.exists(path) else { return }
        guard unsafe rename(path, "\(try place())/\(Self.last(path))") == 0 else { throw SystemError("rename", path: path) }
    }

    func copy(_ path: String, as name: String? = nil) throws {
        guard StateNames.isFile(path) else { return }
        try NewFile.copy(path, to: "\(try place())/\(name ?? Self.last(path))")
    }

    private func place() throws -> String {
        if path == nil {
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: false, attributes: [.posixPermissions: 0o700])
            path = folder
        }
        return folder
    }

    private static func last(_ path: String) -> String { String(path[(path.lastIndex(of: "/").map(path.index(after:)) ?? path.startIndex)...]) }
}
