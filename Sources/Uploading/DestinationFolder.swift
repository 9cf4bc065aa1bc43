package import Daemon
internal import EventLoop
internal import GatewayAPI
internal import Recordings
internal import Workers

/// A folder of this machine, or one mounted on it: each recording with its JSON, and its WAV file once there is one, beside it.
///
/// A file appears under its name only whole: it is written beside as a hidden file, made durable, compared with the recording's digest, renamed,
/// and its folder made durable. A name that is taken by something else, or is taken meanwhile by another gateway, gets the recording's id
/// behind it.
package struct DestinationFolder: Destination {
    package struct Failure: Error, Sendable, Hashable, CustomStringConvertible {
        package let description: String
    }

    private static let folderPermissions: UInt32 = 0o750
    private static let filePermissions: UInt32 = 0o640
    /// A name that was free may be taken while the recording is fetched; there are three for each.
    private static let attempts = 5
    /// A sidecar that is longer is not one of ours.
    private static let longestSidecar = 64 << 20

    package let name: String
    private let root: String
    private let template: NameTemplate
    private let files: FileThread

    /// - Throws: `NameTemplate.Failure`, or `Failure` when the folder is not there: it is never made, since a mounted disk may be missing.
    package init(_ name: String, _ settings: FolderDestination) throws {
        self.name = name
        root = settings.path
        do {
            template = try NameTemplate(settings.key)
        } catch {
            throw Failure(description: "destinations.\(name).key: \(error)")
        }
        files = try FileThread(name: "folder")
        do {
            _ = try Directory.open(path: root)
        } catch {
            throw Failure(description: "The folder of destination \(name) cannot be opened: \(error). Make it, or mount its disk.")
        }
    }

    package func deliver(_ parcel: Parcel) async throws -> Delivered {
        let recording = parcel.recording
        let (folders, stem) = template.name(of: recording)
        let place = try await takePlace(parcel, folders, stem)
        let file = place.stem + "." + recording.fileExtension
        try await files.perform {
            try unsafe open(folders).writeAtomically(place.stem + ".json", parcel.sidecar.span.bytes, permissions: Self.filePermissions)
        }
        for artifact in parcel.artifacts {
            guard let end = Self.end(of: artifact, beside: recording) else { continue }
            _ = try await bring(.artifact(artifact), parcel, to: folders, as: place.stem + "." + end, replaces: true)
        }
        return Delivered(object: (folders + [file]).joined(separator: "/"), sha256: parcel.sha256, size: recording.size)
    }

    /// Brings the recording, if it is not there, to a name that nothing else has.
    private func takePlace(_ parcel: Parcel, _ folders: [String], _ stem: String) async throws -> Place {
        for _ in 1...Self.attempts {
            let place = try await files.perform { () throws -> Place in try findPlace(parcel, folders, stem) }
            if place.isThere { return place }
            let name = place.stem + "." + parcel.recording.fileExtension
            if try await bring(.original, parcel, to: folders, as: name, replaces: false) { return place }
        }
        throw Failure(description: "Each name for this recording was taken by another file in \(root) in the moment in which it was to be used.")
    }

    /// Under which name a recording stands, or will stand.
    private struct Place: Sendable {
        let stem: String
        let isThere: Bool
    }

    private func findPlace(_ parcel: Parcel, _ folders: [String], _ stem: String) throws -> Place {
        let folder = try open(folders)
        let id = parcel.recording.id.description
        let longer = stem.contains(id) ? stem + "_" + parcel.sha256.description.prefix(8) : stem + "_" + id
        for stem in [stem, longer, longer + "_" + parcel.sha256.description.prefix(16)] {
            try Task.checkCancellation()
            let owner = try owner(of: stem + ".json", id, in: folder)
            guard owner != .other else { continue }
            // The sidecar comes before the artifacts: without it, what stands under an artifact's name is not ours.
            if owner == .nobody, try parcel.artifacts.contains(where: { try isTaken($0, beside: parcel.recording, stem, in: folder) }) { continue }
            guard let size = try folder.size(of: stem + "." + parcel.recording.fileExtension) else { return Place(stem: stem, isThere: false) }
            if UInt64(size) == parcel.recording.size,
                try digest(of: folder.path(of: stem + "." + parcel.recording.fileExtension)).sha256 == parcel.sha256
            {
                return Place(stem: stem, isThere: true)
            }
        }
        throw Failure(description: "Every name for this recording is taken by other files in \(root). Move them away.")
    }

    private enum Owner { case nobody, us, other }

    /// Whose sidecar stands under a name.
    private func owner(of name: String, _ id: String, in folder: borrowing Directory) throws -> Owner {
        guard let size = try folder.size(of: name) else { return .nobody }
        guard size <= Self.longestSidecar else { return .other }
        let bytes = try folder.readFile(name, limit: Self.longestSidecar)
        return (try? APIJSON.decode(JSONValue.self, from: bytes))?["id"]?.string == id ? .us : .other
    }

    private func isTaken(_ artifact: String, beside recording: RecordingMessage, _ stem: String, in folder: borrowing Directory) throws -> Bool {
        guard let end = Self.end(of: artifact, beside: recording) else { return false }
        return try folder.size(of: stem + "." + end) != nil
    }

    /// What stands behind the stem: `audio.wav` becomes `STEM.wav`, and `STEM.decoded.wav` beside a recording that is a WAV file itself. Nil for
    /// what is not delivered.
    private static func end(of artifact: String, beside recording: RecordingMessage) -> String? {
        guard let end = artifact.split(separator: ".").last, artifact.contains("."), end != "opus", end != "json" else { return nil }
        let safe = NameTemplate.safe(String(end))
        return safe == recording.fileExtension ? "decoded." + safe : safe
    }

    /// - Returns: false when something has the name by now, and is not to be replaced.
    private func bring(
        _ what: Download.What, _ parcel: Parcel, to folders: [String], as name: String, replaces: Bool
    ) async throws -> Bool {
        let temporary = ".\(parcel.recording.id).\(name.split(separator: ".").last ?? "").part"
        let file = try await files.perform {
            let folder = try open(folders)
            try folder.unlink(temporary)
            return FileWriter(try folder.openFile(temporary, .createNew, permissions: Self.filePermissions), on: files)
        }
        do {
            try await parcel.fetch(what, file)
            return try await files.perform { () throws -> Bool in
                let folder = try open(folders)
                if replaces {
                    try folder.rename(temporary, to: name)
                } else if try !folder.renameIfFree(temporary, to: name) {
                    try folder.unlink(temporary)
                    return false
                }
                try folder.synchronize()
                return true
            }
        } catch {
            _ = try? await files.perform { try open(folders).unlink(temporary) }
            throw error
        }
    }

    /// Makes what is missing below the root.
    private func open(_ folders: [String]) throws -> Directory {
        var folder = try Directory.open(path: root)
        for name in folders { folder = try folder.makeDirectory(name, permissions: Self.folderPermissions) }
        return folder
    }
}
