import EventLoop
import Foundation
import GRDB
import Ledger
import Recordings
import TestSupport
import Testing

@Suite struct DatabaseTests {
    @Test func everyCommitIsOnTheDiskBeforeItReturns() async throws {
        let world = try await LedgerWorld()
        #expect(try await world.ledger.synchronousLevel() == 2)
        #expect(FileNames.exist(world.machine.path("ledger.sqlite-wal")))
    }

    @Test func nobodyElseReadsIt() async throws {
        let world = try await LedgerWorld()
        for name in ["ledger.sqlite", "ledger.sqlite-wal", "ledger.sqlite-shm"] {
            let attributes = try FileManager.default.attributesOfItem(atPath: world.machine.path(name))
            #expect(attributes[.posixPermissions] as? Int == 0o600, "\(name)")
        }
    }

    @Test func theGatewaysIdIsDrawnOnce() async throws {
        let world = try await LedgerWorld()
        let again = try await world.reopened()
        #expect(again.ledger.identity == world.ledger.identity)
        let other = try await LedgerWorld()
        #expect(other.ledger.identity.id != world.ledger.identity.id)
    }

    @Test func aNewerDatabaseIsRefusedAndLeftAlone() async throws {
        let world = try await LedgerWorld()
        try await world.ledger.close()
        let raw = try DatabaseQueue(path: world.machine.path("ledger.sqlite"))
        try raw.inDatabase { try $0.execute(sql: "PRAGMA user_version = 999") }
        #expect(await code { _ = try await LedgerWorld.open(world.machine) } == .newerDatabase)
        #expect(try raw.inDatabase { try Int.fetchOne($0, sql: "SELECT count(*) FROM card") } == 1)
    }

    @Test func somethingElseThanADatabaseIsAnError() async throws {
        let machine = try TestMachine()
        try Array("This is a letter, not a database. ".utf8).write(to: machine.path("ledger.sqlite"), times: 100)
        #expect(await code { _ = try await LedgerWorld.open(machine) } == .storage)
    }

    @Test func aFailedCallWritesNothing() async throws {
        let world = try await LedgerWorld()
        try await world.store(1)
        let job = try await world.claim("decode")
        var result = JobResult()
        result.annotations = ["level": JSONText("{}")]
        result.jobs = [FollowUp(queue: "Not A Queue")]
        #expect(await code { _ = try await world.finish(job, result) } == .invalid)
        let recording = try await world.ledger.recording(named: "anna/1")
        #expect(recording.annotations.isEmpty)
        #expect(try await world.ledger.job(job.job.id).state == .leased)
    }

    /// A table that somebody adds is either copied, or said to be known by a backup alone (docs/custody.md, Rebuild).
    @Test func everyTableIsCopiedOrKnownNotToBe() async throws {
        let world = try await LedgerWorld()
        let (tables, watched) = try await DatabaseQueue(path: world.machine.path("ledger.sqlite")).read { db in
            (
                try String.fetchSet(db, sql: "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%'"),
                try String.fetchSet(db, sql: "SELECT tbl_name FROM sqlite_master WHERE type = 'trigger' AND name LIKE '%insert_uncopied'")
            )
        }
        #expect(watched.count == 14)
        // The steps of a recording go with its sidecar.
        #expect(tables.subtracting(watched) == ["step", "screen", "condition", "audit_log", "revision", "uncopied"])
    }
}
