import CardHost
import EventLoop
import Foundation
import Recordings
import SoftwareCard
import TestSupport
import Testing

/// A card in a folder survives its process, and damage in the folder is told by name.
@Suite struct FolderVaultTests {
    private let serial = CardSerial("A1-0007") ?? { fatalError("A1-0007 is a serial number") }()

    private func card(in folder: String) async throws -> SoftwareCard {
        let vault = try await FolderVault(path: folder, thread: try BlockingThread(name: "vault"))
        return try await SoftwareCard(CardSettings(serial: serial), vault: vault, clock: ManualClock())
    }

    private let speech = (0..<16_000).map { Int16(truncatingIfNeeded: $0 &* 37) }

    private func object(_ number: UInt32, of generation: UInt32, in folder: String) -> URL {
        URL(filePath: "\(folder)/objects/\(String(format: "%08x", generation))-\(number).opus")
    }

    @Test func cardComesBackAsItWas() async throws {
        try await withTemporaryFolder { folder in
            let first = try await card(in: folder)
            #expect(try await first.record(speech, kind: .call, marks: 1) == 1)
            #expect(try await first.record(speech, kind: .memo) == 2)
            try await first.delete(2)
            _ = try await first.press(.assistant, .double)
            let before = await first.report()
            let bytes = try await first.object(1)

            let second = try await card(in: folder)
            let after = await second.report()
            #expect(after.generation == before.generation && after.boot == before.boot + 1)
            #expect(after.lastEvent == before.lastEvent + 1)
            #expect(after.recordings == before.recordings)
            #expect(try await second.object(1) == bytes)
            #expect(try Array(Data(contentsOf: object(1, of: before.generation, in: folder))) == bytes)
            #expect(!FileManager.default.fileExists(atPath: object(2, of: before.generation, in: folder).path))
        }
    }

    @Test func bytesBehindTheLastCommitAreCutOff() async throws {
        try await withTemporaryFolder { folder in
            let first = try await card(in: folder)
            _ = try await first.record(speech, kind: .call)
            let bytes = try await first.object(1)
            let file = object(1, of: await first.report().generation, in: folder)
            try (Data(bytes) + Data(repeating: 0xFF, count: 100)).write(to: file)
            #expect(try await card(in: folder).object(1) == bytes)
        }
    }

    @Test func damageIsToldAndNothingIsMadeUp() async throws {
        try await withTemporaryFolder { folder in
            let first = try await card(in: folder)
            _ = try await first.record(speech, kind: .call)
            let file = object(1, of: await first.report().generation, in: folder)
            let whole = try Data(contentsOf: file)
            try whole.dropLast().write(to: file)
            let short = await #expect(throws: SoftwareCardError.self) { _ = try await card(in: folder) }
            #expect(short?.code == .vaultDamaged && short?.detail.contains(file.path) == true)
            try whole.write(to: file)

            let snapshot = URL(filePath: folder + "/snapshot")
            var bytes = try Data(contentsOf: snapshot)
            bytes[bytes.count / 2] ^= 0x10
            try bytes.write(to: snapshot)
            let flipped = await #expect(throws: SoftwareCardError.self) { _ = try await card(in: folder) }
            #expect(flipped?.code == .vaultDamaged)
            bytes[bytes.count / 2] ^= 0x10
            for length in [0, 3, 40, bytes.count - 1] {
                try bytes.prefix(length).write(to: snapshot)
                let cut = await #expect(throws: SoftwareCardError.self) { _ = try await card(in: folder) }
                #expect(cut?.code == .vaultDamaged, "cut to \(length) bytes")
            }
        }
    }
}
