internal import GRDB
package import Recordings

/// What the files beside the ledger do not tell yet (docs/custody.md, Rebuild).
extension Ledger {
    /// Something that changed, and up to which revision of the ledger it was copied.
    package struct CopyMark: Sendable, Hashable {
        fileprivate let source: String
        fileprivate let key: String
        fileprivate let revision: Int64
    }

    /// The next piece of what is to be copied.
    package struct Uncopied: Sendable {
        /// What all of it was true at.
        package internal(set) var revision: Int64 = 0
        package internal(set) var marks: [CopyMark] = []
        /// For the journal.
        package internal(set) var extracts: [Extract] = []
        package internal(set) var sidecars: [SidecarContent] = []
        /// For cards.json; nil: it is as it was.
        package internal(set) var cards: CardsContent?
    }

    package enum CopyExtent: Sendable {
        /// Journal and cards.json: what has to be safe before a card may forget its events.
        case withoutSidecars
        case everything
    }

    /// The bounds of one piece: of what waits in memory, and of how long a card's session waits for a disk that writes sidecars.
    private static let marksAtOnce = 256
    private static let bytesAtOnce = 4 << 20
    private static let sidecarsAtOnce = 16

    /// The oldest changes that no file tells yet; empty: the files tell all.
    package func uncopied(_ extent: CopyExtent) throws -> Uncopied {
        let (copied, identity) = (copied, identity)
        return try read { db in
            let marks = try Row.fetchAll(
                db.cachedStatement(
                    sql: """
                        SELECT source, key, revision FROM uncopied WHERE ?1 OR source <> 'sidecar'
                        ORDER BY revision LIMIT ?2
                        """),
                arguments: [extent == .everything, Self.marksAtOnce + copied.count]
            ).map { CopyMark(source: try $0.value("source"), key: try $0.value("key"), revision: try $0.value("revision")) }
                .filter { !copied.contains($0) }
            var uncopied = Uncopied()
            guard !marks.isEmpty else { return uncopied }
            let revision = try Self.revision(db)
            uncopied.revision = revision
            var bytes = 0
            for mark in marks.prefix(Self.marksAtOnce) where bytes < Self.bytesAtOnce && uncopied.sidecars.count < Self.sidecarsAtOnce {
                uncopied.marks.append(mark)
                if mark.source == ExtractTable.sidecar {
                    // One that is gone again needs none.
                    guard let id = RecordingID(mark.key), let content = try Self.sidecar(of: id, identity, revision: revision, db) else { continue }
                    uncopied.sidecars.append(content)
                } else {
                    let extract = try Self.extract(mark, revision: revision, db)
                    bytes += extract.rows.reduce(0) { $0 + $1.values.reduce(0) { $0 + $1.size } }
                    uncopied.extracts.append(extract)
                    // The history of one that has no sidecar.
                    if mark.source == "recording", extract.rows.allSatisfy({ $0["sha256"] == nil }) {
                        uncopied.extracts.append(try Self.steps(of: mark.key, revision: revision, db))
                    }
                    if ExtractTable.cards.contains(mark.source), uncopied.cards == nil { uncopied.cards = try Self.cardsContent(identity, db) }
                }
            }
            return uncopied
        }
    }

    /// The files tell it now. Costs no commit of its own: it is written with the next change, and what is lost of it is copied once more.
    package func didCopy(_ marks: [CopyMark]) { copied.formUnion(marks) }

    /// What the sidecar of a recording says; nil as long as nothing was stored of it.
    package func sidecar(of id: RecordingID) throws -> SidecarContent? {
        let identity = identity
        return try read { db in try Self.sidecar(of: id, identity, revision: Self.revision(db), db) }
    }

    /// Recordings whose sidecar does not tell all.
    package func uncopiedSidecars() throws -> [RecordingID] {
        try read { db in
            try String.fetchAll(db, sql: "SELECT key FROM uncopied WHERE source = 'sidecar'").compactMap { RecordingID($0) }
        }
    }

    /// What the sidecar will say once `store` is committed with the same arguments: done and taken back.
    package func foretell(
        storing id: RecordingID, sha256: SHA256Digest, size: UInt64, disputed: Bool, policy: ReleasePolicy, at time: UTCTime
    ) throws -> SidecarContent {
        let identity = identity
        let content = try takingBack(at: time) { transaction in
            // Any change that comes between is newer than this.
            let revision = try Self.revision(transaction.db)
            _ = try Self.store(id, sha256: sha256, size: size, disputed: disputed, policy: policy, transaction)
            return try Self.sidecar(of: id, identity, revision: revision, transaction.db)
        }
        guard let content else { throw Row.damaged("sha256") }
        return content
    }

    static func revision(_ db: Database) throws -> Int64 { try Int64.fetchOne(db.cachedStatement(sql: "SELECT number FROM revision")) ?? 0 }

    private static func extract(_ mark: CopyMark, revision: Int64, _ db: Database) throws -> Extract {
        guard let table = ExtractTable.named(mark.source) else { throw Row.damaged("source") }
        let parts = mark.key.split(separator: ExtractTable.separator, maxSplits: table.key.count - 1, omittingEmptySubsequences: false)
        guard parts.count == table.key.count else { throw Row.damaged("key") }
        // The columns' own affinity makes numbers of the digits.
        let condition = table.key.map { "\($0) = ?" }.joined(separator: " AND ")
        return try extract(table, where: condition, StatementArguments(parts.map(String.init)), of: parts.map(String.init), revision: revision, db)
    }

    /// - Parameter key: as text, in the order of the table's key.
    private static func extract(
        _ table: ExtractTable, where condition: String, _ arguments: StatementArguments, of key: [String], revision: Int64, _ db: Database
    ) throws -> Extract {
        let rows = try Row.fetchAll(db.cachedStatement(sql: "SELECT * FROM \(table.name) WHERE \(condition)"), arguments: arguments)
        return Extract(
            table: table.name, key: Dictionary(zip(table.key, key.map(Extract.Value.text)), uniquingKeysWith: { first, _ in first }),
            revision: revision, rows: try rows.map(Self.values))
    }

    private static func values(_ row: Row) throws -> [String: Extract.Value] {
        var values: [String: Extract.Value] = [:]
        for (column, value) in row {
            switch value.storage {
            case .null: continue
            case .int64(let number): values[column] = .integer(number)
            case .string(let text): values[column] = .text(text)
            default: throw Row.damaged(column)
            }
        }
        return values
    }

    private static func sidecar(of id: RecordingID, _ gateway: GatewayIdentity, revision: Int64, _ db: Database) throws -> SidecarContent? {
        guard let info = try RecordingRows.one(id, db), info.sha256 != nil else { return nil }
        func all(_ name: String, _ condition: String, key: String) throws -> [Extract] {
            guard let table = ExtractTable.named(name) else { throw Row.damaged("source") }
            let keys = try String.fetchAll(
                db.cachedStatement(sql: "SELECT \(key) FROM \(name) WHERE \(condition) ORDER BY 1"), arguments: [id.description])
            return try keys.map { own in
                let parts = table.key.count == 1 ? [own] : [id.description, own]
                let place = table.key.map { "\($0) = ?" }.joined(separator: " AND ")
                return try extract(table, where: place, StatementArguments(parts), of: parts, revision: revision, db)
            }
        }
        let extracts =
            try all("recording", "id = ?", key: "id") + all("import", "recording = ?", key: "recording")
            + all("delivery", "recording = ?", key: "destination")
            + all("artifact", "recording = ? AND kept = 1", key: "file")
            + [try steps(of: id.description, revision: revision, db)]
        return SidecarContent(gateway: gateway.id, recording: info, deliveries: try deliveries(of: id, db), extracts: extracts)
    }

    private static func steps(of recording: String, revision: Int64, _ db: Database) throws -> Extract {
        try extract(
            ExtractTable.step, where: "recording = ? ORDER BY sequence DESC LIMIT \(stepsAtOnce)", [recording], of: [recording], revision: revision,
            db)
    }

    /// Of a history that never ends, the end.
    private static let stepsAtOnce = 200

    private static func cardsContent(_ gateway: GatewayIdentity, _ db: Database) throws -> CardsContent {
        let revision = try revision(db)
        let extracts = try ExtractTable.all.filter { ExtractTable.cards.contains($0.name) }.flatMap { table in
            let column = table.key[0]
            return try String.fetchAll(db.cachedStatement(sql: "SELECT DISTINCT \(column) FROM \(table.name) ORDER BY 1")).map { key in
                try extract(table, where: "\(column) = ?", [key], of: [key], revision: revision, db)
            }
        }
        return CardsContent(gateway: gateway.id, extracts: extracts)
    }

    /// Forgets marks whose copies are in files, unless something changed since.
    static func forget(_ marks: Set<CopyMark>, _ transaction: Transaction) throws {
        for mark in marks {
            try transaction.execute(
                "DELETE FROM uncopied WHERE source = ? AND key = ? AND revision = ?", [mark.source, mark.key, mark.revision])
        }
    }
}

extension Extract.Value {
    /// About, in bytes.
    fileprivate var size: Int {
        switch self {
        case .integer: 8
        case .text(let text): text.utf8.count
        }
    }
}
