import EventLoop
import Foundation
import Ledger
import RecordingStore
import Recordings
import TestSupport
import Testing

/// Disk full: pulling stops, the card keeps its copy, it is said, and goes on by itself.
@Suite struct RoomTests {
    private func isNoRoom(_ body: () async throws -> Void) async -> Bool {
        do { try await body() } catch CustodyError.noRoom { return true } catch { return false }
        return false
    }

    @Test func theReserveIsNotTouched() async throws {
        let old = try await StoreWorld(reserve: .max / 2)
        let object = CardObject()
        _ = try await old.custody.plan(listed: [object.entry], released: [])
        #expect(await isNoRoom { _ = try await old.custody.begin(object.entry) })
        #expect(try await old.ledger.status().conditions.map(\.name) == ["storage_full"])
        #expect(try await old.recording().cause?.contains("no room") == true)
        #expect(try await old.recording().durable == 0)
        let event = CardEvent(number: 1, time: CardTime(.utc(TestMachine.morning), boot: 1), what: .poweredOn)
        #expect(try await old.custody.commit(events: [event], received: old.machine.now) == 1, "events may use the reserve")
        #expect(try await old.files.room().reserve == .max / 2)
        let world = try await old.reopened(reserve: 0)
        #expect(try await world.pull(object) == .stored(object.digest, mayRelease: true))
        #expect(try await world.ledger.status().conditions.isEmpty)
        let health = try await world.ledger.events(after: 0, EventFilter(types: ["health.*"])).items.map(\.type)
        #expect(health == ["health.storage_full", "health.storage_full_ok"])
    }

    @Test(.enabled(if: SmallDisk.isPossible, "mounting a small disk needs root"))
    func aFullDiskStopsPullingUntilThereIsRoom() async throws {
        let disk = try SmallDisk(megabytes: 2)
        let world = try await StoreWorld(root: disk.folder, reserve: 1 << 18)
        let (first, second) = (CardObject(number: 1, size: 1 << 20), CardObject(number: 2, size: 1 << 20))
        #expect(try await world.pull(first) == .stored(first.digest, mayRelease: true))
        _ = try await world.custody.plan(listed: [second.entry], released: [])
        #expect(await isNoRoom { _ = try await world.custody.begin(second.entry) })
        #expect(try await world.recording(2).state != .stored)
        #expect(try disk.free >= 3 << 18, "what was reserved in vain is given back")
        let id = try await world.recording(1).id
        try disk.remove(world.url("\(id).opus"))
        #expect(try await world.pull(second) == .stored(second.digest, mayRelease: true))
        #expect(try await world.ledger.status().conditions.isEmpty)
    }

    @Test(.enabled(if: SmallDisk.isPossible, "mounting a small disk needs root"))
    func whatWasReservedCanBeWrittenOnAFullDisk() async throws {
        let disk = try SmallDisk(megabytes: 2)
        let world = try await StoreWorld(root: disk.folder)
        let object = CardObject(size: 1 << 20)
        _ = try await world.custody.plan(listed: [object.entry], released: [])
        _ = try await world.custody.begin(object.entry)
        try disk.fill()
        try await world.send(object.bytes[...], of: object)
        #expect(try await world.custody.checkpoint(1, proven: true) == 1 << 20)
        // Only the sidecar has no room left: nothing is stored, nothing is lost.
        #expect(await isNoRoom { _ = try await world.custody.seal(object.entry) })
        #expect(try await world.recording().state == .pulling)
        try disk.empty()
        #expect(try await world.custody.begin(object.entry) == 1 << 20)
        #expect(try await world.custody.seal(object.entry) == .stored(object.digest, mayRelease: true))
        #expect(try world.bytes(of: try await world.recording().id) == object.bytes)
    }

    @Test(.enabled(if: SmallDisk.isExt3Possible, "needs root and loop devices"))
    func aDiskThatCannotReserveIsPulledToAllTheSame() async throws {
        let disk = try SmallDisk(megabytesOfExt3: 4)
        #expect(try DurableFile.open(path: disk.folder.appending(path: "probe").path, .createNew).reserve(4096) == false)
        let world = try await StoreWorld(root: disk.folder, reserve: 1 << 18)
        let (first, large) = (CardObject(number: 1, size: 1 << 20), CardObject(number: 2, size: 1 << 20))
        #expect(try await world.pull(first) == .stored(first.digest, mayRelease: true))
        // Begun, and then another program takes the room.
        _ = try await world.custody.plan(listed: [large.entry], released: [])
        _ = try await world.custody.begin(large.entry)
        try await world.send(large.bytes[..<100_000], of: large)
        _ = try await world.custody.checkpoint(2, proven: true)
        try Data(count: Int(clamping: try disk.free - (1 << 20))).write(to: disk.folder.appending(path: "filler"))
        #expect(await isNoRoom { _ = try await world.custody.begin(large.entry) }, "the rest would touch the reserve")
        #expect(try await world.recording(2).durable == 100_000, "and what is here stays")
        try disk.empty()
        #expect(try await world.pull(large) == .stored(large.digest, mayRelease: true))
    }

    @Test(.enabled(if: SmallDisk.isPossible, "mounting a small disk needs root"))
    func aLedgerOnAFullDiskSaysSoAndGoesOn() async throws {
        let disk = try SmallDisk(megabytes: 2)
        let machine = try TestMachine()
        let ledger = try await Ledger.open(
            at: disk.folder.appending(path: "ledger.sqlite").path, name: "hq", routing: StoreWorld.routing,
            environment: LedgerEnvironment(wall: machine.wall, boot: machine.boot()), executor: try BlockingThread(name: "test"))
        try disk.fill()
        var failure: LedgerError?
        for number in 0..<1000 where failure == nil {
            do {
                _ = try await ledger.addHolder(handle: "h\(number)", name: String(repeating: "x", count: 60), groups: [])
            } catch let error as LedgerError { failure = error }
        }
        #expect(failure?.code == .storage)
        #expect(failure?.fix.contains("disk is full") == true)
        let before = try await ledger.holders().count
        try disk.empty()
        _ = try await ledger.addHolder(handle: "later", name: "Later", groups: [])
        #expect(try await ledger.holders().count == before + 1)
    }
}
