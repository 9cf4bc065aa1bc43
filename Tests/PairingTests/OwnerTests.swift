import APIClient
import Foundation
import GATT
import GatewayAPI
import Recordings
import SoftwareCard
import Testing

/// The owner key from the command line to the card and back.
@Suite(.timeLimit(.minutes(15))) struct OwnerTests {
    @Test func aCardGetsTheKeyAtItsPairingAndTheNextOneWhenItIsMet() async throws {
        try await Box.with([PairingTests.plain]) { box in
            let card = box.cards[0]
            try await card.card.openPairing()
            let paired = try await box.earshot("pair", "anna", "--holder", "anna@example.com") { terminal in
                try await terminal.see("six digits")
                try terminal.type(try await card.passkey())
            }
            try #require(paired.status == 0, "\(paired.text)")
            #expect(await card.card.report().hasOwner)

            let file = box.folder.appending(path: "owner-key")
            let exported = try await box.earshot("owner", "export", file.path)
            #expect(exported.status == 0 && exported.text.contains("! Whoever has this key"), "\(exported.text)")
            let mode = try FileManager.default.attributesOfItem(atPath: file.path)[.posixPermissions] as? Int
            let key = try String(contentsOf: file, encoding: .utf8)
            #expect(mode == 0o600 && key.count == 65)
            let again = try await box.earshot("owner", "export", file.path)
            #expect(again.status == 1, "no file is replaced")

            let before = try await box.client.owner()
            let rotated = try await box.earshot("owner", "rotate", "--yes")
            #expect(rotated.status == 0 && rotated.text.contains("1 cards still have the key before it"), "\(rotated.text)")
            #expect(try await box.client.owner().fingerprint != before.fingerprint)
            // Its next link: it proves with the key that it has, and is given the new one.
            try await card.card.reboot()
            _ = try await card.card.press(.side, .press)
            let met: Void? = try await withDeadline(.seconds(240), clock: ContinuousClock()) {
                while try await !box.client.owner().waiting.isEmpty { await Task.yield() }
            }
            #expect(met != nil, "the card did not get the new key")

            let refused = try await box.earshot("owner", "import", file.path)
            #expect(refused.status == 1 && refused.text.contains("--replace"), "\(refused.text)")
            let replaced = try await box.earshot("owner", "import", "--replace", file.path)
            #expect(replaced.status == 0, "\(replaced.text)")
            #expect(try await box.client.owner().fingerprint == before.fingerprint)
            let nonsense = try await box.earshot("owner", "import", box.folder.appending(path: "earshot.toml").path)
            #expect(nonsense.status == 2, "\(nonsense.text)")
        }
    }
}
