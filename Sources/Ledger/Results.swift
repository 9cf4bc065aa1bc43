internal import Bytes
internal import GRDB
package import Recordings

/// Annotations, artifacts and deliveries.
extension Ledger {
    /// Bytes of one annotation: a long conversation's transcript with times is a tenth of it.
    package static let annotationBytes = 4 << 20

    /// Writes a new version outside a job.
    ///
    /// - Parameter expected: the version that must be the newest, 0 for none; nil: any.
    /// - Throws: `not_found`, `conflict` when another version is the newest, `invalid`.
    package func annotate(_ recording: RecordingID, name: String, value: JSONText, by author: String, replacing expected: Int? = nil) throws
        -> AnnotationInfo
    {
        try write { transaction in
            _ = try RecordingRows.require(recording, transaction.db)
            if let expected {
                let newest = try Int.fetchOne(
                    transaction.db, sql: "SELECT coalesce(max(version), 0) FROM annotation WHERE recording = ? AND name = ?",
                    arguments: [recording.description, name])
                guard newest == expected else {
                    throw LedgerError(
                        .conflict, "Version \(newest ?? 0) of \(JSONScalar.quoted(name)) is the newest, not \(expected).",
                        fix: "Read it again and write your change onto that.")
                }
            }
            try Self.annotate(recording, name, value, by: author, job: nil, transaction)
            guard let written = try Self.newestAnnotations(of: recording, transaction.db).first(where: { $0.name == name }) else {
                throw Self.noAnnotation(name)
            }
            return written
        }
    }

    /// The newest version, or that one.
    ///
    /// - Throws: `not_found`.
    package func annotation(of recording: RecordingID, name: String, version: Int? = nil) throws -> AnnotationInfo {
        try read { db in
            let found = try Self.annotations(
                where: "recording = ? AND name = ? AND (?3 IS NULL OR version = ?3) ORDER BY version DESC LIMIT 1",
                [recording.description, name, version], db)
            guard let annotation = found.first else { throw Self.noAnnotation(name) }
            return annotation
        }
    }

    /// Files and bytes that wait for one job's `done`: an agent that goes wild must not fill the disk for the cards.
    package static let artifactsOfJob = 64
    package static let artifactBytesOfJob: Int64 = 16 << 30

    /// Notes a file that arrived for a job and is durable; it stays only if `done` names it.
    ///
    /// - Returns: files that came for this job under this name before; nothing refers to them any more.
    /// - Throws: `lease_lost`, `invalid` when the job has no recording, or too many files already.
    package func received(artifact name: String, _ claim: ArtifactClaim, file: String, for job: JobID, token: String) throws -> [String] {
        try Self.check(resultName: name)
        return try write { transaction in
            let info = try JobRows.info(try Self.requireLease(job, token, transaction), bootNow: transaction.bootNow)
            guard let recording = info.recording else {
                throw LedgerError(.invalid, "This job has no recording that an artifact could belong to.", fix: "Leave it out.")
            }
            let replaced = try transaction.rows(
                "SELECT file FROM artifact WHERE job = ? AND name = ? AND kept = 0", [job.description, name]
            ).map { try $0.value("file") as String }
            for old in replaced { try transaction.execute("DELETE FROM artifact WHERE file = ?", [old]) }
            let waiting = try transaction.row(
                "SELECT count(*) AS files, coalesce(sum(size), 0) AS bytes FROM artifact WHERE job = ? AND kept = 0", [job.description])
            let (files, bytes): (Int64, Int64) = (try waiting?.value("files") ?? 0, try waiting?.value("bytes") ?? 0)
            guard files < Self.artifactsOfJob, bytes + Int64(clamping: claim.size) <= Self.artifactBytesOfJob else {
                throw LedgerError(
                    .invalid, "\(files) files with \(bytes) bytes wait for this job's done already.",
                    fix: "A job has at most \(Self.artifactsOfJob) files and \(Self.artifactBytesOfJob) bytes: send fewer, or smaller ones.")
            }
            try transaction.execute(
                """
                INSERT INTO artifact (file, job, recording, name, sha256, size, type, author, at, kept) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 0)
                """,
                [
                    file, job.description, recording.description, name, claim.sha256.description, Int64(clamping: claim.size),
                    claim.type.raw, "queue:\(info.queue)", transaction.now.milliseconds,
                ])
            return replaced
        }
    }

    /// - Throws: `not_found`.
    package func artifact(of recording: RecordingID, name: String) throws -> ArtifactInfo {
        try read { db in
            guard
                let row = try Row.fetchOne(
                    db, sql: "SELECT * FROM artifact WHERE recording = ? AND name = ? AND kept = 1", arguments: [recording.description, name]),
                let digest = try row.digest("sha256")
            else { throw LedgerError(.notFound, "There is no artifact of that name.", fix: "The recording lists its artifacts.") }
            return ArtifactInfo(
                recording: recording, name: name, sha256: digest, size: try row.unsigned("size"), type: try row.foreign("type"),
                file: try row.value("file"), by: try row.value("author"), at: try row.time("at"))
        }
    }

    /// Files that a job may still name or has named; every other one in the folder is waste.
    package func artifactFiles() throws -> Set<String> {
        try read { db in
            Set(
                try String.fetchAll(
                    db,
                    sql: """
                        SELECT file FROM artifact WHERE kept = 1
                            OR EXISTS (SELECT 1 FROM job WHERE job.id = artifact.job AND job.state = 'leased')
                        """))
        }
    }

    /// Newest first.
    package func deliveries(of recording: RecordingID) throws -> [DeliveryInfo] { try read { try Self.deliveries(of: recording, $0) } }

    static func deliveries(of recording: RecordingID, _ db: Database) throws -> [DeliveryInfo] {
        let statement = try db.cachedStatement(sql: "SELECT * FROM delivery WHERE recording = ? ORDER BY at DESC")
        return try Row.fetchAll(statement, arguments: [recording.description]).map(delivery)
    }

    static func delivery(_ row: Row) throws -> DeliveryInfo {
        guard let digest = try row.digest("sha256") else { throw Row.damaged("sha256") }
        return DeliveryInfo(
            recording: try row.identifier("recording"), destination: try row.value("destination"), object: try row.foreign("object"),
            sha256: digest, size: try row.unsigned("size"), at: try row.time("at"))
    }

    static func annotate(
        _ recording: RecordingID, _ name: String, _ value: JSONText, by author: String, job: JobID?, _ transaction: Transaction
    ) throws {
        try check(resultName: name)
        try check(json: value, transaction)
        let id: AnnotationID = transaction.newID()
        try transaction.execute(
            """
            INSERT INTO annotation (id, recording, name, version, value, author, at, job)
            SELECT ?1, ?2, ?3, 1 + coalesce(max(version), 0), ?4, ?5, ?6, ?7 FROM annotation WHERE recording = ?2 AND name = ?3
            """,
            [id.description, recording.description, name, value.description, author, transaction.now.milliseconds, job?.description])
        // Nobody listed its length; whoever decodes it is the first to know.
        if name == "audio", try isImport(recording, transaction) {
            try transaction.execute(
                """
                UPDATE recording SET duration = max(0, min(json_extract(?1, '$.duration_ms'), 4294967295)) WHERE id = ?2
                    AND json_type(?1, '$.duration_ms') = 'integer'
                """, [value.description, recording.description])
        }
        try transaction.emit("annotation.written", recording: recording, [("name", .string(name)), ("by", .string(author))])
        try transaction.markChanged(recording)
    }

    static func keep(_ name: String, _ claim: ArtifactClaim, of job: JobInfo, _ transaction: Transaction) throws {
        let row = try transaction.row(
            "SELECT file, recording, sha256, size FROM artifact WHERE job = ? AND name = ? ORDER BY at DESC, file DESC LIMIT 1",
            [job.id.description, name])
        guard let row, try row.digest("sha256") == claim.sha256, try row.unsigned("size") as UInt64 == claim.size else {
            throw LedgerError(
                .digestDiffers, "The artifact \(JSONScalar.quoted(name)) did not arrive with that size and digest.",
                fix: "Send it again with PUT, then say done again.")
        }
        let recording: String = try row.value("recording")
        try transaction.execute("UPDATE artifact SET kept = 0 WHERE recording = ? AND name = ? AND kept = 1", [recording, name])
        try transaction.execute(
            "UPDATE artifact SET kept = 1, type = ? WHERE file = ?", [claim.type.raw, try row.value("file") as String])
        if let id = RecordingID(recording) { try transaction.markChanged(id) }
    }

    static func deliver(_ claim: DeliveryClaim, _ recording: RecordingInfo, _ transaction: Transaction) throws {
        try check(resultName: claim.destination)
        guard recording.isHeld, recording.sha256 == claim.sha256, recording.size == claim.size else {
            throw LedgerError(
                .digestDiffers, "The destination \(claim.destination) holds other bytes than the recording's.",
                fix: "Deliver it again; the copy there is not the recording.")
        }
        try transaction.execute(
            """
            INSERT INTO delivery (recording, destination, object, sha256, size, at) VALUES (?, ?, ?, ?, ?, ?)
            ON CONFLICT (recording, destination) DO UPDATE SET object = excluded.object, at = excluded.at
            """,
            [
                recording.id.description, claim.destination, claim.object.raw, claim.sha256.description, Int64(clamping: claim.size),
                transaction.now.milliseconds,
            ])
        try transaction.execute(
            "UPDATE recording SET delivered_at = coalesce(delivered_at, ?) WHERE id = ?",
            [transaction.now.milliseconds, recording.id.description])
        try transaction.step(recording.id, "delivered", "To \(claim.destination) as \(claim.object).")
        try transaction.emit(
            "recording.delivered", card: recording.card, recording: recording.id,
            [("destination", .string(claim.destination)), ("object", .string(claim.object.raw))])
        try transaction.markChanged(recording.id)
        transaction.touch(.deliveries)
    }

    static func newestAnnotations(of recording: RecordingID, _ db: Database) throws -> [AnnotationInfo] {
        try annotations(
            where: """
                recording = ? AND version = (SELECT max(version) FROM annotation AS other
                    WHERE other.recording = annotation.recording AND other.name = annotation.name) ORDER BY name
                """, [recording.description], db)
    }

    private static func annotations(where condition: String, _ arguments: StatementArguments, _ db: Database) throws -> [AnnotationInfo] {
        try Row.fetchAll(db.cachedStatement(sql: "SELECT * FROM annotation WHERE \(condition)"), arguments: arguments).map { row in
            AnnotationInfo(
                id: try row.identifier("id"), recording: try row.identifier("recording"), name: try row.value("name"),
                version: try row.value("version"), value: JSONText(try row.value("value") as String), by: try row.value("author"),
                at: try row.time("at"))
        }
    }

    private static func noAnnotation(_ name: String) -> LedgerError {
        LedgerError(
            .notFound, "There is no annotation \(JSONScalar.quoted(String(name.prefix(64)))).", fix: "The recording lists its annotations.")
    }

    static func check(json text: JSONText, _ transaction: Transaction) throws {
        guard text.description.utf8.count <= annotationBytes,
            try Bool.fetchOne(transaction.db, sql: "SELECT json_valid(?)", arguments: [text.description]) == true
        else { throw LedgerError(.invalid, "A part of the result is no JSON, or too long.", fix: "Send JSON of at most 4 MiB.") }
    }

    /// Names of annotations, artifacts and destinations: 1 to 64 of A-Z a-z 0-9 . _ - and no dot in front.
    static func check(resultName name: String) throws {
        let isFine = name.utf8.allSatisfy {
            (0x30...0x39).contains($0) || (0x41...0x5A).contains($0) || (0x61...0x7A).contains($0) || [0x2D, 0x2E, 0x5F].contains($0)
        }
        guard (1...64).contains(name.utf8.count), isFine, name.first != "." else {
            throw LedgerError(
                .invalid, "\(JSONScalar.quoted(String(name.prefix(64)))) cannot be a name here.",
                fix: "Use 1 to 64 of A-Z a-z 0-9 . _ - with no dot in front.")
        }
    }
}
