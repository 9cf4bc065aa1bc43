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

    /// A machine with the ledger of an older version of Earshot.
    private func olderMachine() throws -> TestMachine {
        let machine = try TestMachine()
        let file = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Versions/ledger-version-3.sql")
        let old = try DatabaseQueue(path: machine.path("ledger.sqlite"))
        try old.inDatabase { try $0.execute(sql: try String(contentsOf: file, encoding: .utf8)) }
        try old.close()
        return machine
    }

    private func version(of path: String) throws -> Int? {
        try DatabaseQueue(path: path).inDatabase { try Int.fetchOne($0, sql: "PRAGMA user_version") }
    }

    @Test func anOlderLedgerIsKeptBeforeItIsChanged() async throws {
        let machine = try olderMachine()
        let backup = machine.path("ledger-version-3.sqlite")
        let ledger = try await LedgerWorld.open(machine)
        #expect(try await ledger.recording(named: "anna/1").state == .stored)
        try await ledger.close()
        #expect(try version(of: machine.path("ledger.sqlite")) == Ledger.schemaVersion)
        #expect(try version(of: backup) == 3)
        #expect(try DatabaseQueue(path: backup).inDatabase { try String.fetchAll($0, sql: "SELECT name FROM card") } == ["anna"])
        #expect(try FileManager.default.attributesOfItem(atPath: backup)[.posixPermissions] as? Int == 0o600)
        #expect(!FileNames.exist(backup + ".part"))
        // Once: a start that changes nothing leaves it alone.
        try FileManager.default.removeItem(atPath: backup)
        try await LedgerWorld.open(machine).close()
        #expect(!FileNames.exist(backup))
    }

    /// What an earlier try left behind is no reason to go on without a backup, and none to stop.
    @Test func anUnfinishedBackupIsMadeAgain() async throws {
        let machine = try olderMachine()
        let backup = machine.path("ledger-version-3.sqlite")
        try Array("half".utf8).write(to: backup + ".part", times: 1)
        try Array("an older one".utf8).write(to: backup, times: 1)
        try await LedgerWorld.open(machine).close()
        #expect(try version(of: backup) == 3)
    }

    @Test func withoutABackupNothingIsChanged() async throws {
        let machine = try olderMachine()
        // A folder has its name: it cannot be put there.
        try FileManager.default.createDirectory(atPath: machine.path("ledger-version-3.sqlite"), withIntermediateDirectories: false)
        await #expect(throws: SystemError.self) { _ = try await LedgerWorld.open(machine) }
        #expect(try version(of: machine.path("ledger.sqlite")) == 3)
    }

    @Test func whoRefusesANewerLedgerNamesTheBackup() async throws {
        let machine = try olderMachine()
        try await LedgerWorld.open(machine).close()
        let raw = try DatabaseQueue(path: machine.path("ledger.sqlite"))
        try raw.inDatabase { try $0.execute(sql: "PRAGMA user_version = 999") }
        let error = await #expect(throws: LedgerError.self) { _ = try await LedgerWorld.open(machine) }
        #expect(error?.code == .newerDatabase)
        #expect(error?.fix.contains(machine.path("ledger-version-3.sqlite")) == true, "\(String(describing: error))")
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
        #expect(watched.count == 15)
        // The steps of a recording go with its sidecar.
        #expect(tables.subtracting(watched) == ["step", "screen", "condition", "audit_log", "revision", "uncopied"])
    }
}
