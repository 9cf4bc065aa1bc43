import GatewayAPI
import Recordings
import StubGateway
import Testing
import Uploading

@Suite("Names of delivered recordings")
struct NameTemplateTests {
    private func name(
        _ template: String, card: String = "anna", holder: String? = nil, started: String? = "2026-11-23T09:14:01Z"
    ) throws -> String {
        let digest = try #require(SHA256Digest([UInt8](repeating: 1, count: 32)))
        let recording = try Samples.recording(
            [], sha256: digest, name: card, holder: holder.map { HolderMessage(id: $0, name: "x", groups: []) }, started: started,
            id: RecordingID("rec_01JDBZ2CW4RRR0000000000000"))
        let (folders, stem) = try NameTemplate(template).name(of: recording)
        return (folders + [stem]).joined(separator: "/")
    }

    @Test func fields() throws {
        #expect(
            try name("{holder}/{started:%Y-%m}/{started:%d-%H%M}_{id}.opus", holder: "anna@example.com")
                == "anna@example.com/2026-11/23-0914_rec_01JDBZ2CW4RRR0000000000000")
        #expect(try name("{holder}/{card}-{number}.opus") == "anna/anna-214")
        #expect(try name("{serial}/{kind}/{started:%Y/%m/%d}/{started:%S}.opus") == "A1-0007EC7C21/memo/2026/11/23/01")
        #expect(try name("{started:%Y-%m}/{started:%d-%H%M}_{number}.opus", started: nil) == "undated/undated_214")
    }

    @Test(arguments: [
        "..", ".", "../../etc/passwd", "/etc", "a/b", "", ".hidden", "a\u{0}b", "a\nb", "\u{202E}x", "x\\y", String(repeating: "ü", count: 500),
    ])
    func `foreign text stays within its own folder or name`(text: String) throws {
        let whole = try name("{card}/{holder}_{number}.opus", card: text, holder: text)
        let parts = whole.split(separator: "/", omittingEmptySubsequences: false)
        #expect(parts.count == 2)
        for part in parts {
            #expect(!part.isEmpty && part.first != "." && part.utf8.count <= 200)
            #expect(
                part.unicodeScalars.allSatisfy { $0.properties.generalCategory != .control && $0.properties.generalCategory != .format && $0 != "\\" }
            )
        }
    }

    @Test(arguments: [
        "", "x", "{id}", "{nobody}.opus", "{id.opus", "id}.opus", "{started:%Q}.opus", "{started:%}.opus", "/{id}.opus", "a//{id}.opus",
        "../{id}.opus",
        "./{id}.opus", ".{id}.opus", "a/./{id}.opus", "a\u{1}{id}.opus", "a\\{id}.opus", "1/2/3/4/5/6/7/8/{id}.opus", ".opus",
    ])
    func refused(template: String) {
        #expect(throws: NameTemplate.Failure.self) { try NameTemplate(template) }
    }
}
