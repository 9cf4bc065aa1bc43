internal import FoundationEssentials
internal import Subprocess
internal import SystemPackage

/// GNU tar, as a program.
enum Tar {
    /// Writes an archive to an open file.
    ///
    /// - Parameter parts: folders, and what of each goes in, in order.
    static func write(_ parts: [(folder: String, names: [String])], to output: FileDescriptor, list: FilePath) async throws {
        var arguments = [
            "--create", "--file=-", "--format=gnu", "--owner=root:0", "--group=root:0", "--mode=u=rw,go=", "--no-recursion", "--null",
            // Those straight from the state folder stand below state/ in the archive.
            "--transform=s,^recordings/,state/recordings/,;s,^artifacts/,state/artifacts/,",
        ]
        for (index, part) in parts.enumerated() where !part.names.isEmpty {
            // Names by file: there may be more than a command line holds.
            let file = FilePath("\(list.string).\(index)")
            try NewFile.write(part.names.flatMap { Array($0.utf8) + [0] }, to: file.string)
            // A relative one would count from the folder before.
            let folder = part.folder.hasPrefix("/") ? part.folder : FileManager.default.currentDirectoryPath + "/" + part.folder
            arguments += ["--directory=\(folder)", "--files-from=\(file.string)"]
        }
        let result = try await Subprocess.run(
            .name("tar"), arguments: Arguments(arguments), environment: .inherit.updating(["LC_ALL": "C"]), input: .none,
            output: .fileDescriptor(output, closeAfterSpawningProcess: false), error: .string(limit: 1 << 16))
        guard result.terminationStatus.isSuccess else { throw failure("The archive could not be written", result.standardError) }
    }

    /// Unpacks an archive from an open file into an empty folder. Who owned a member and what it was allowed is not believed.
    static func unpack(_ input: FileDescriptor, into folder: String) async throws {
        let result = try await Subprocess.run(
            .name("tar"),
            arguments: Arguments(["--extract", "--file=-", "--directory=\(folder)", "--no-same-owner", "--no-same-permissions", "--keep-old-files"]),
            environment: .inherit.updating(["LC_ALL": "C"]), input: .fileDescriptor(input, closeAfterSpawningProcess: false), output: .discarded,
            error: .string(limit: 1 << 16))
        guard result.terminationStatus.isSuccess else { throw failure("The backup cannot be unpacked", result.standardError) }
    }

    private static func failure(_ what: String, _ said: String) -> BackupError {
        let first = said.split(separator: "\n").first.map { ": \($0)" } ?? "."
        return BackupError(what + first, "Is the disk full, or the file damaged?")
    }
}
