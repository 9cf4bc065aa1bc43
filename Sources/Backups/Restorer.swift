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
        /// Where that lies which was there before; nil when nothing was.
        package let aside: String?
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
        guard let lock = try takeLock() else {
            throw BackupError("An earshotd works on \(state).", "Stop it first: systemctl stop earshotd")
        }
        defer { lock.release() }
        let unpacked = try PrivateFolder(in: state, "restore")
        defer { try? FileManager.default.removeItem(atPath: unpacked.path) }
        try await Tar.unpack(input, into: unpacked.path)
        let backup = try await OpenedBackup.open(unpacked.path, copier: LedgerCopier(executor: executor))
        if !losing { try refuseLoss(backup) }
        let aside = try Aside(in: state, now)
        return try place(backup, aside)
    }

    private func makeState() throws {
        guard !StateNames.isFolder(target.places.state) else { return }
        do {
            try FileManager.default.createDirectory(
                atPath: target.places.state, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
            Ownership.ofEarshot?.give(target.places.state)
        } catch { throw BackupError("\(target.places.state) cannot be made: \(error).", "Run it with sudo.", isDenied: true) }
    }

    private func takeLock() throws -> ExclusiveLock? {
        do {
            let path = target.places.state + "/lock"
            let lock = try ExclusiveLock.take(path: path)
            Ownership(of: target.places.state)?.give(path)
            return lock
        } catch { throw BackupError("\(error)", "Run it with sudo.", isDenied: true) }
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

    private func place(_ backup: OpenedBackup, _ aside: Aside) throws -> Report {
        let state = target.places.state
        let owner = Ownership(of: state)
        var brought = 0
        let small = backup.manifest.members.filter { $0.path.hasPrefix("state/") && $0.path != StateNames.ledger }
        for name in ["ledger.sqlite", "ledger.sqlite-wal", "ledger.sqlite-shm", "cards.json", "journal"] { try aside.take("\(state)/\(name)") }
        for member in small {
            let path = "\(state)/\(member.path.dropFirst("state/".count))"
            let parts = member.path.split(separator: "/")
            if parts.count == 3 {
                let folder = "\(state)/\(parts[1])"
                if !StateNames.isFolder(folder) { try Self.make(folder, owner) }
                // A recording that is here already is the same, or recovery says so.
                if StateNames.exists(path) { continue }
                if parts[1] == "recordings" { brought += 1 }
            } else {
                try aside.take(path)
            }
            try Self.move("\(backup.folder)/\(member.path)", to: path, owner)
        }
        let configuration = try placeConfiguration(backup, aside)
        let trouble = placeBonds(backup, aside)
        // With it the box is what the backup was; without it earshotd does not start, and says why.
        try Self.move("\(backup.folder)/\(StateNames.ledger)", to: target.places.ledger, owner)
        let folder = try Directory.open(path: state)
        try folder.synchronize()
        let bonded = backup.manifest.cards.filter(\.hasBond)
        return Report(
            gateway: backup.manifest.gateway, made: backup.manifest.made, cards: backup.manifest.cards.map(\.name),
            recordings: backup.ledger.recordings.count, broughtRecordings: brought, configuration: configuration, aside: aside.path,
            bonds: Dictionary(grouping: bonded, by: \.adapter).mapValues { $0.map(\.name) },
            withoutBond: backup.manifest.cards.filter { !$0.hasBond }.map(\.name), bondTrouble: trouble)
    }

    private func placeConfiguration(_ backup: OpenedBackup, _ aside: Aside) throws -> String? {
        guard backup.manifest.members.contains(where: { $0.path == StateNames.configuration }) else { return nil }
        let path = target.places.configuration
        let folder = String(path[..<(path.lastIndex(of: "/") ?? path.startIndex)])
        if !folder.isEmpty, !StateNames.isFolder(folder) {
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        }
        try aside.copy(path)
        let part = path + ".restored"
        _ = unsafe unlink(part)
        try NewFile.copy("\(backup.folder)/\(StateNames.configuration)", to: part)
        // Everybody may read it: it holds no secret.
        guard unsafe chmod(part, 0o644) == 0, unsafe rename(part, path) == 0 else { throw SystemError("rename", path: path) }
        return path
    }

    /// - Returns: why it did not work; the rest of the backup is of use without it.
    private func placeBonds(_ backup: OpenedBackup, _ aside: Aside) -> String? {
        do {
            for member in backup.manifest.members where member.path.hasPrefix("bluetooth/") {
                let parts = member.path.split(separator: "/")
                let folder = "\(target.bluetooth)/\(parts[1])/\(parts[2])"
                try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
                let path = "\(folder)/\(parts[3])"
                try aside.copy(path, as: "\(parts[1])-\(parts[2])-\(parts[3])".replacing(":", with: ""))
                let part = path + ".restored"
                _ = unsafe unlink(part)
                try NewFile.copy("\(backup.folder)/\(member.path)", to: part)
                guard unsafe rename(part, path) == 0 else { throw SystemError("rename", path: path) }
            }
            return nil
        } catch { return "\(error)" }
    }

    private static func move(_ path: String, to target: String, _ owner: Ownership?) throws {
        owner?.give(path)
        guard unsafe rename(path, target) == 0 else { throw SystemError("rename", path: target) }
    }

    private static func make(_ path: String, _ owner: Ownership?) throws {
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false, attributes: [.posixPermissions: 0o700])
        owner?.give(path)
    }
}

/// Whose the state folder is: what root puts there is theirs, too.
private struct Ownership {
    private let user: uid_t
    private let group: gid_t

    init?(of path: String) {
        var found = stat()
        guard geteuid() == 0, unsafe lstat(path, &found) == 0 else { return nil }
        (user, group) = (found.st_uid, found.st_gid)
    }

    private init(_ user: uid_t, _ group: gid_t) { (self.user, self.group) = (user, group) }

    /// Of the gateway's user; nil when there is none, or this is not root.
    static var ofEarshot: Ownership? {
        guard geteuid() == 0, let entry = unsafe getpwnam("earshot") else { return nil }
        return unsafe Ownership(entry.pointee.pw_uid, entry.pointee.pw_gid)
    }

    func give(_ path: String) { _ = unsafe lchown(path, user, group) }
}

/// Where that goes which is in the way; made when the first comes.
private final class Aside {
    private let folder: String
    private(set) var path: String?

    init(in state: String, _ now: UTCTime) throws {
        let stamp = now.description.prefix(19).replacing(":", with: "").replacing("-", with: "")
        var name = "\(state)/before-restore-\(stamp)"
        var copy = 1
        while StateNames.exists(name) {
            copy += 1
            name = "\(state)/before-restore-\(stamp)-\(copy)"
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
