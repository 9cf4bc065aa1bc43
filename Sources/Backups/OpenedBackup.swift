internal import FoundationEssentials
internal import Ledger
internal import Recordings

/// A backup that was unpacked and found to be whole: every member is there, is what the manifest says, and there is nothing else.
struct OpenedBackup {
    let folder: String
    let manifest: Manifest
    let ledger: LedgerCopier.Contents
    /// What does not go into the state folder, as it was verified: configuration and bonds by their members' paths.
    let outside: [String: [UInt8]]

    /// - Throws: `BackupError` that names the first thing that is wrong.
    static func open(_ folder: String, copier: LedgerCopier) async throws -> OpenedBackup {
        let file = "\(folder)/\(Manifest.name)"
        guard StateNames.isFile(file), let bytes = FileManager.default.contents(atPath: file) else {
            throw BackupError("It holds no \(Manifest.name): this is no backup of Earshot.", remedy)
        }
        let manifest = try Manifest.decode(Array(bytes))
        var known: Set<String> = [Manifest.name]
        var outside: [String: [UInt8]] = [:]
        for member in manifest.members {
            guard StateNames.isMember(member.path), known.insert(member.path).inserted else {
                throw BackupError("Its manifest names \(member.path), which no backup has or has once only.", remedy)
            }
            let path = "\(folder)/\(member.path)"
            guard StateNames.isFile(path) else { throw BackupError("\(member.path) is missing in it.", remedy) }
            var bytes: [UInt8] = []
            let isOutside = !member.path.hasPrefix("state/")
            let sum = try NewFile.read(path) { piece in
                guard isOutside else { return }
                bytes += piece
                guard bytes.count <= largestOutside else { throw BackupError("\(member.path) is longer than any such file.", remedy) }
            }
            if isOutside { outside[member.path] = bytes }
            guard sum.size == member.size, sum.sha256 == member.sha256 else {
                throw BackupError("\(member.path) is damaged: its SHA-256 is not the one of the manifest.", remedy)
            }
        }
        guard known.contains(StateNames.ledger) else { throw BackupError("It holds no ledger.", remedy) }
        try refuseStrangers(in: folder, "", known)
        let ledger = try await copier.contents(of: "\(folder)/\(StateNames.ledger)")
        guard ledger.gateway.description == manifest.gateway else { throw BackupError("Its ledger is another gateway's than its manifest.", remedy) }
        return OpenedBackup(folder: folder, manifest: manifest, ledger: ledger, outside: outside)
    }

    private static let largestOutside = 1 << 20

    private static let remedy = "Use another backup."

    private static func refuseStrangers(in root: String, _ path: String, _ known: Set<String>) throws {
        for name in try FileManager.default.contentsOfDirectory(atPath: root + path) {
            let inner = "\(path)/\(name)"
            if StateNames.isFolder(root + inner) {
                try refuseStrangers(in: root, inner, known)
            } else if !known.contains(String(inner.dropFirst())) {
                throw BackupError("It holds \(inner.dropFirst()), which its manifest does not name.", remedy)
            }
        }
    }
}
