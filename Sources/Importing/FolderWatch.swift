internal import APIClient
internal import Bytes
internal import Daemon
internal import EventLoop
internal import GatewayAPI
internal import Logging
internal import Recordings
internal import Workers

/// Imports what is put into one folder, as long as it runs.
///
/// It looks again and again rather than being told: the kernel tells nothing of what another machine writes into a folder that is shared.
struct FolderWatch: Sendable {
    /// Below the folder: where files go that are here.
    static let doneFolder = "imported"
    /// Files that are looked at; the rest waits until some are gone.
    private static let mostFiles = 65_536
    private static let longestPause = Duration.seconds(60)

    let settings: WatchedFolder
    let settled: Duration
    let client: GatewayClient
    let files: FileThread
    let logger: Logger

    /// Until cancelled.
    func run() async throws {
        let importer = Importer(client, on: files)
        let clock = ContinuousClock()
        let began = clock.now
        var look = FolderLook(settled: settled)
        var trouble: String?
        var pause = ordinaryPause
        while true {
            do {
                let present = try await files.perform { try presentFiles() }
                for name in look.look(present, at: clock.now - began) {
                    if try await take(name, importer) { look.finish(name) }
                }
                if trouble != nil { logger.notice("watched folder is well again", metadata: place) }
                (trouble, pause) = (nil, ordinaryPause)
            } catch let error where !(error is CancellationError) {
                // Said once, however often it is tried.
                if trouble != "\(error)" {
                    trouble = "\(error)"
                    logger.error("watched folder waits", metadata: place.merging(["reason": "\(ForeignText(trouble ?? "", limit: 1000))"]) { $1 })
                }
                pause = min(pause * 2, Self.longestPause)
            }
            try await clock.sleep(for: pause)
        }
    }

    private var ordinaryPause: Duration { min(.seconds(5), settled / 2 + .milliseconds(50)) }
    private var place: Logger.Metadata { ["folder": "\(settings.folder)"] }

    /// Only files: no links, no folders, nothing hidden.
    private func presentFiles() throws -> [String: FileStatus] {
        let folder = try Directory.open(path: settings.folder)
        var files: [String: FileStatus] = [:]
        for name in try folder.names() where name.first != "." && files.count < Self.mostFiles {
            if let status = try folder.status(of: name), status.kind == .file { files[name] = status }
        }
        return files
    }

    /// - Returns: whether there is nothing left to do about it.
    /// - Throws: what hinders every file.
    private func take(_ name: String, _ importer: Importer) async throws -> Bool {
        let metadata = place.merging(["file": "\(ForeignText(name, limit: Limits.importName))"]) { $1 }
        func refuse(_ reason: String) -> Bool {
            logger.warning("file refused", metadata: metadata.merging(["reason": "\(ForeignText(reason, limit: 1000))"]) { $1 })
            return true
        }
        do {
            let file = try await files.perform { () throws -> SoundFile in try SoundFile(name, in: try Directory.open(path: settings.folder)) }
            var wish = Importer.Wish()
            (wish.holder, wish.kind) = (settings.holder, settings.kind)
            let recording: RecordingMessage
            switch try await importer.bring(file, wish) {
            case .imported(let new): recording = new
            case .known(let known): recording = known
            case .refused(let reason): return refuse(reason)
            case .new: return true
            }
            if settings.then == .move { try await files.perform { try move(file, recording.id.description) } }
            logger.info("file imported", metadata: metadata.merging(["recording": "\(recording.id)"]) { $1 })
            return true
        } catch is SoundFile.Changed {
            // The next look sees that it changed.
            return false
        } catch is SoundFile.NoFile {
            return false
        } catch let error as SystemError where error.isNotFound {
            return false
        } catch let error as SystemError where error.isDenied {
            return refuse("\(error)")
        } catch let error as APIError where Importer.isOfOneFile(error) {
            return refuse(error.detail)
        }
    }

    /// Into the folder of those that are here, by open folders: no link that is put there meanwhile leads elsewhere.
    private func move(_ file: SoundFile, _ id: String) throws {
        let folder = try Directory.open(path: settings.folder)
        guard try folder.status(of: file.name) == file.status else { return }
        let done = try folder.makeDirectory(Self.doneFolder, permissions: 0o750)
        for name in [file.name, "\(id)_\(file.name.prefix(64))", "\(id)_\(file.status.modified)"]
        where try folder.renameIfFree(file.name, to: name, in: done) {
            // Another file got the name in this very moment: it was not imported.
            if try done.status(of: name)?.inode != file.status.inode { _ = try done.renameIfFree(name, to: file.name, in: folder) }
            return
        }
    }
}
