import Crypto
import EventLoop
import Foundation
import RecordingStore
import Recordings
import Testing

/// The owner key and its successors, in a folder.
@Suite struct OwnerKeyringTests {
    private let folder = FileManager.default.temporaryDirectory.appending(path: "owner-\(UUID().uuidString)")
    private let time = UTCTime(milliseconds: 1_764_000_000_000)
    private let thread: BlockingThread
    private let anna: CardSerial
    private let ben: CardSerial

    init() throws {
        thread = try BlockingThread(name: "owner")
        anna = try #require(CardSerial("A1-0001"))
        ben = try #require(CardSerial("A1-0002"))
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    }

    private func open(_ byte: UInt8 = 1) async throws -> (OwnerKeyring, isNew: Bool) {
        try await OwnerKeyring.open(root: folder.path, at: time, executor: thread) { [UInt8](repeating: byte, count: 32) }
    }

    private func key(_ byte: UInt8) throws -> OwnerKey { try #require(OwnerKey([UInt8](repeating: byte, count: 32))) }

    /// Computed here anew: what a card has is the owner's key for its serial number.
    private func key(_ byte: UInt8, for serial: CardSerial) throws -> OwnerKey {
        let message = Data("recorder-owner-card-1\(serial)".utf8)
        let code = HMAC<SHA256>.authenticationCode(for: message, using: SymmetricKey(data: Data(repeating: byte, count: 32)))
        return try #require(OwnerKey(Array(code)))
    }

    @Test func itIsMadeOnceAndIsReadableByItsOwnerAlone() async throws {
        defer { try? FileManager.default.removeItem(at: folder) }
        let (first, isNew) = try await open(1)
        #expect(isNew)
        let again = try await open(2)
        #expect(!again.isNew)
        #expect(try await again.0.export() == key(1))
        #expect(await first.info() == again.0.info())
        let mode = try FileManager.default.attributesOfItem(atPath: folder.appending(path: "owner.json").path)[.posixPermissions] as? Int
        #expect(mode == 0o600)
    }

    @Test func aRotatedKeyReachesEachCardOnceItIsMet() async throws {
        defer { try? FileManager.default.removeItem(at: folder) }
        let (keyring, _) = try await open(1)
        try await keyring.rotate(cards: [anna, ben], at: time) { [UInt8](repeating: 2, count: 32) }
        #expect(await keyring.info().waiting == [anna, ben])
        #expect(try await keyring.keys(for: anna) == OwnerKeys(proof: key(1, for: anna), current: key(2, for: anna)))
        try await keyring.told(.has(key(2, for: anna)), of: anna)
        #expect(await keyring.info().waiting == [ben])
        let (later, _) = try await open(9)
        #expect(try await later.keys(for: anna) == OwnerKeys(proof: key(2, for: anna), current: key(2, for: anna), wasGiven: true))
        let asked = await later.keys(for: ben)
        #expect(try asked == OwnerKeys(proof: key(1, for: ben), current: key(2, for: ben)), "what is known of a card outlives a restart")
    }

    @Test func aCardThatMissedARotationIsAskedWithTheKeyThatItHas() async throws {
        defer { try? FileManager.default.removeItem(at: folder) }
        let (keyring, _) = try await open(1)
        try await keyring.rotate(cards: [anna], at: time) { [UInt8](repeating: 2, count: 32) }
        try await keyring.rotate(cards: [anna, ben], at: time) { [UInt8](repeating: 3, count: 32) }
        #expect(try await keyring.keys(for: anna) == OwnerKeys(proof: key(1, for: anna), current: key(3, for: anna)))
        #expect(try await keyring.keys(for: ben) == OwnerKeys(proof: key(2, for: ben), current: key(3, for: ben)))
    }

    @Test func aRefusedProofIsFollowedByTheNextKey() async throws {
        defer { try? FileManager.default.removeItem(at: folder) }
        let (keyring, _) = try await open(1)
        try await keyring.rotate(cards: [], at: time) { [UInt8](repeating: 2, count: 32) }
        func tried(_ count: Int) async throws -> [OwnerKey] {
            var tried: [OwnerKey] = []
            for _ in 0..<count {
                let proof = await keyring.keys(for: anna).proof
                tried.append(proof)
                try await keyring.told(.refused(proof), of: anna)
            }
            return tried
        }
        let (two, one) = (try key(2, for: anna), try key(1, for: anna))
        #expect(try await tried(5) == [two, key(2), one, key(1), two], "newest first, each also as earlier versions gave it, and round again")
        try await keyring.told(.has(two), of: anna)
        #expect(try await tried(4) == [two, one, key(2), key(1)], "one that was given its own has hardly another's")
    }

    /// No key that one card has opens another, and none is the company's.
    @Test func eachCardHasAKeyOfItsOwn() async throws {
        defer { try? FileManager.default.removeItem(at: folder) }
        let (keyring, _) = try await open(1)
        let (forAnna, forBen) = (await keyring.keys(for: anna), await keyring.keys(for: ben))
        #expect(forAnna.current != forBen.current)
        #expect(try ![forAnna.current, forBen.current].contains(key(1)))
        #expect(forAnna.proof == forAnna.current && !forAnna.wasGiven)
    }

    /// A file of an earlier version, whose cards have the owner's key itself.
    @Test func aCardWithTheOwnersOwnKeyProvesByItAndGetsAnother() async throws {
        defer { try? FileManager.default.removeItem(at: folder) }
        let hex = String(repeating: "01", count: 32)
        let text = #"{"current":"\#(hex)","earlier":[],"made":"2026-01-01T00:00:00.000Z"}"#
        try Data(text.utf8).write(to: folder.appending(path: "owner.json"))
        let (keyring, isNew) = try await open(9)
        #expect(!isNew)
        try await keyring.told(.refused(key(1, for: anna)), of: anna)
        #expect(try await keyring.keys(for: anna) == OwnerKeys(proof: key(1), current: key(1, for: anna)))
        try await keyring.told(.has(key(1, for: anna)), of: anna)
        let (later, _) = try await open(9)
        #expect(try await later.keys(for: anna) == OwnerKeys(proof: key(1, for: anna), current: key(1, for: anna), wasGiven: true))
    }

    @Test func anotherKeyIsTakenOnlyInItsPlaceWhenThatIsMeant() async throws {
        defer { try? FileManager.default.removeItem(at: folder) }
        let (keyring, _) = try await open(1)
        try await keyring.take(key(1), replacing: false, cards: [anna], at: time)
        #expect(await keyring.info().waiting.isEmpty, "the same key changes nothing")
        await #expect(throws: OwnerKeyring.Failure.other) { try await keyring.take(key(2), replacing: false, cards: [anna], at: time) }
        #expect(try await keyring.export() == key(1))
        try await keyring.take(key(2), replacing: true, cards: [anna], at: time)
        #expect(try await keyring.export() == key(2))
        #expect(await keyring.info().waiting == [anna])
    }

    @Test(arguments: ["", "{}", #"{"current":"00","earlier":[],"made":"2026-01-01T00:00:00.000Z"}"#])
    func aDamagedFileIsNotReplaced(text: String) async throws {
        defer { try? FileManager.default.removeItem(at: folder) }
        let file = folder.appending(path: "owner.json")
        try Data(text.utf8).write(to: file)
        await #expect(throws: OwnerKeyring.Failure.self) { _ = try await open(1) }
        #expect(try String(contentsOf: file, encoding: .utf8) == text)
    }
}
