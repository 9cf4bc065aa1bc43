internal import EventLoop
internal import FoundationEssentials
package import Ledger
internal import Recordings

/// Makes a lost ledger anew from the files beside it (docs/custody.md, Rebuild). It reads them and changes none.
///
/// An actor on the blocking thread; nobody else may work in the folder meanwhile.
package actor Rebuilder {
    /// What nobody should start over: why, and what to do.
    package struct Refusal: Error, Sendable, Hashable, CustomStringConvertible {
        package let description: String
    }

    private static let ledger = "ledger.sqlite"
    private static let unfinished = "ledger.rebuilding"
    private static let extractsAtOnce = 512

    private let folder: StoreFolder
    private let routing: Routing
    private let environment: LedgerEnvironment
    private let executor: any SerialExecutor
    private var problems: [String] = []
    /// Of the first file that could be read; what others wrote is not mixed in.
    private var gateway: GatewayID?

    nonisolated package var unownedExecutor: UnownedSerialExecutor { unsafe executor.asUnownedSerialExecutor() }

    /// - Parameter root: the state folder, which must exist.
    package init(root: String, routing: Routing, environment: LedgerEnvironment, executor: any SerialExecutor) async throws {
        folder = try await FolderOpener(executor: executor).open(root)
        (self.routing, self.environment, self.executor) = (routing, environment, executor)
    }

    /// Whether there is no ledger and there are files that one was about: then a start must not make an empty one, which would know none of them.
    package func isNeeded() throws -> Bool {
        do {
            if try folder.root.size(of: Self.ledger) != nil { return false }
            if try folder.root.size(of: CardsFile.name) != nil || folder.root.size(of: Scribe.journalFolder) != nil { return true }
            return try folder.recordings.list().contains { StoreName($0) != nil }
        } catch let error as SystemError { throw StoreError.failed("\(error)") }
    }

    /// - Throws: `Refusal` when there is a ledger, or nothing to make one from; `LedgerError`; `StoreError`. No ledger was made then.
    package func run() async throws -> RebuildReport {
        do { return try await rebuild() } catch let error as SystemError { throw StoreError.failed("\(error)") }
    }

    private func rebuild() async throws -> RebuildReport {
        let present = try folder.root.list()
        let old = present.filter { $0.hasPrefix(Self.ledger) }
        guard old.isEmpty else {
            throw Refusal(
                description: """
                    There is a ledger: \(old.joined(separator: ", ")). --rebuild is for one that is lost. Is it damaged, move every \(Self.ledger)* \
                    out of \(folder.root.path) first; keep them.
                    """)
        }
        guard try isNeeded() else {
            throw Refusal(
                description: "\(folder.root.path) holds no recordings, no journal and no cards.json: there is nothing to make a ledger from.")
        }
        for name in present where name.hasPrefix(Self.unfinished) { try folder.root.unlink(name) }
        let restorer = try await LedgerRestorer(
            at: folder.root.path(of: Self.unfinished), routing: routing, environment: environment, executor: executor)
        do {
            try await readCards(into: restorer)
            try await readJournal(into: restorer)
            let files = try await readRecordings(into: restorer)
            // Beside a whole recording a part is a leftover.
            let outcome = try await restorer.finish(parts: files.parts.filter { files.finals[$0.key] == nil })
            try await restorer.close()
            compare(outcome, files)
            try folder.root.openFile(Self.unfinished, .readWrite).synchronizeData()
            try folder.root.rename(Self.unfinished, to: Self.ledger)
            try folder.root.synchronize()
            try folder.root.unlink(Self.unfinished + "-staged")
            return RebuildReport(
                outcome: outcome, problems: problems + outcome.problems, hasOwnerKey: try folder.root.size(of: OwnerFile.name) != nil)
        } catch {
            // A half of a ledger must not stay behind; what cannot be removed is removed by the next try.
            _ = try? await restorer.close()
            for name in (try? folder.root.list()) ?? [] where name.hasPrefix(Self.unfinished) { _ = try? folder.root.unlink(name) }
            throw error
        }
    }

    private func readCards(into restorer: LedgerRestorer) async throws {
        guard let size = try folder.root.size(of: CardsFile.name) else {
            return problems.append("\(CardsFile.name): not there; the journal told of the cards")
        }
        do {
            guard size <= CardsFile.longest else { throw CopyDamage.tooLong }
            let file = try CardsFile.read(try folder.root.readFile(CardsFile.name, limit: CardsFile.longest))
            gateway = file.gateway
            try await restorer.take(file.rows.extracts, from: .file)
        } catch let damage as CopyDamage {
            problems.append("\(CardsFile.name): \(damage); the journal told of the cards")
        }
    }

    private func readJournal(into restorer: LedgerRestorer) async throws {
        guard try folder.root.size(of: Scribe.journalFolder) != nil else {
            return problems.append("\(Scribe.journalFolder)/: not there; events and jobs stood in it")
        }
        let journal = try folder.root.openDirectory(Scribe.journalFolder)
        var next = 1
        for segment in try Journal.segments(in: journal) {
            let path = "\(Scribe.journalFolder)/\(segment.name)"
            if segment.number > next {
                problems.append("\(path): \(segment.number - next) before it are not there; what only they told is lost")
            }
            next = segment.number + 1
            let scan = JournalScan(try journal.readFile(segment.name, limit: Journal.longestSegment))
            guard let head = scan.head else {
                problems.append("\(path): its head is damaged; left alone")
                continue
            }
            guard head.journal == 1, head.schema <= Ledger.schemaVersion else {
                throw Refusal(description: "A newer version of Earshot wrote \(path). Install that version, or a newer one. Nothing was made.")
            }
            guard isOurs(head.gateway, path) else { continue }
            for offset in scan.damaged { problems.append("\(path): the line at byte \(offset) is damaged; it may stand again further on") }
            try await read(scan.lines, of: path, into: restorer)
        }
    }

    private func read(_ lines: [ArraySlice<UInt8>], of path: String, into restorer: LedgerRestorer) async throws {
        var extracts: [Extract] = []
        for line in lines {
            do {
                extracts.append(try JSONDecoder().decode(Extract.self, from: Data(line)))
            } catch {
                problems.append("\(path): the line at byte \(line.startIndex - 9) is no extract of the ledger")
            }
            if extracts.count == Self.extractsAtOnce {
                try await restorer.take(extracts, from: .journal)
                extracts = []
            }
        }
        try await restorer.take(extracts, from: .journal)
    }

    /// Files of recordings, by what they are.
    private struct Files {
        /// Bytes of the whole recordings and of the parts.
        var finals: [RecordingID: UInt64] = [:]
        var parts: [RecordingID: UInt64] = [:]
    }

    private func readRecordings(into restorer: LedgerRestorer) async throws -> Files {
        var files = Files()
        for name in try folder.recordings.list() where name != "lost+found" {
            guard let own = StoreName(name) else {
                // A sidecar whose writing was cut off is no finding.
                if !name.hasPrefix(".") { problems.append("recordings/\(name): no file of Earshot's; left alone") }
                continue
            }
            let size = UInt64(clamping: try folder.recordings.size(of: name) ?? 0)
            switch own.kind {
            case .final: files.finals[own.id] = size
            case .part:
                files.parts[own.id] = size
                // What its pull goes on from has to be on the disk.
                try folder.recordings.openFile(name, .read).synchronizeData()
            case .sidecar: try await readSidecar(own.id, size: size, into: restorer)
            }
        }
        return files
    }

    private func readSidecar(_ id: RecordingID, size: UInt64, into restorer: LedgerRestorer) async throws {
        let path = "recordings/\(id.sidecar)"
        do {
            guard size <= UInt64(Sidecar.longest) else { throw CopyDamage.tooLong }
            let sidecar = try Sidecar.read(try folder.recordings.readFile(id.sidecar, limit: Sidecar.longest), of: id)
            guard isOurs(sidecar.gateway, path) else { return }
            try await restorer.take(sidecar.rows.extracts, from: .file)
        } catch let damage as CopyDamage {
            problems.append("\(path): \(damage); the next start sets it aside")
        }
    }

    /// What the new ledger says and what lies there.
    private func compare(_ outcome: LedgerRestorer.Outcome, _ files: Files) {
        let held = Dictionary(outcome.held.map { ($0.id, $0.size) }, uniquingKeysWith: { first, _ in first })
        for (id, size) in outcome.held where files.finals[id] != size {
            let found = files.finals[id].map { "has \($0) bytes instead of \(size)" } ?? "is gone"
            problems.append("recordings/\(id.file): \(found); the next start calls it missing and READs it again if its card has it")
        }
        for id in files.finals.keys.sorted() where held[id] == nil {
            problems.append(
                outcome.known.contains(id)
                    ? "recordings/\(id.file): nothing says that it was stored; the next start reads it again and compares it with its card's list"
                    : "recordings/\(id.file): nothing tells what it is; the next start moves it to lost+found")
        }
        for id in files.parts.keys.sorted() where !outcome.known.contains(id) {
            problems.append("recordings/\(id.part): nothing tells what it is; the next start moves it to lost+found")
        }
    }

    private func isOurs(_ other: GatewayID, _ path: String) -> Bool {
        gateway = gateway ?? other
        if other == gateway { return true }
        problems.append("\(path): of another gateway, \(other); left alone")
        return false
    }
}
