import Daemon
import Foundation
import Testing

/// Every message of the log has a kind with an id of its own, and docs/journal.md lists them all.
@Suite struct JournalKindsTests {
    /// Those of commands that write to the journal under no unit.
    private static let withoutJournal: Set<String> = ["CommandLine"]

    private static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    private static func messages() throws -> Set<String> {
        let folder = Self.root.appending(path: "Sources")
        let files = FileManager.default.enumerator(at: folder, includingPropertiesForKeys: nil)?.compactMap { $0 as? URL } ?? []
        var messages: Set<String> = [JournalKinds.dropped]
        for file in files where file.pathExtension == "swift" && withoutJournal.isDisjoint(with: file.pathComponents) {
            let text = try String(contentsOf: file, encoding: .utf8)
            // By name of the level, with the level, and by the radio's way of saying it aloud.
            for match in text.matches(of: /logger\s*\.(?:trace|debug|info|notice|warning|error|critical)\(\s*(?:"([^"]*)"|\w)/) {
                if let message = match.1 { messages.insert(String(message)) }
            }
            for match in text.matches(of: /logger\.log\(\s*level:[^"]*?,\s*"([^"]*)"/) { messages.insert(String(match.1)) }
            for match in text.matches(of: /\btell\(\s*"([^"]*)"/) { messages.insert(String(match.1)) }
        }
        return messages
    }

    @Test func everyMessageHasAKind() throws {
        let messages = try Self.messages()
        #expect(messages.count > 60)
        // What differs from entry to entry is metadata, never part of the message.
        for message in messages { #expect(!message.contains("\\("), "\(message)") }
        #expect(messages.subtracting(JournalKinds.all.keys).sorted() == [], "give them an id in JournalKinds and a line in docs/journal.md")
        #expect(Set(JournalKinds.all.keys).subtracting(messages).sorted() == [], "said nowhere any more")
    }

    @Test func everyKindHasAnIdOfItsOwn() {
        #expect(Set(JournalKinds.all.values).count == JournalKinds.all.count)
        for (message, id) in JournalKinds.all { #expect(id.wholeMatch(of: /[0-9a-f]{32}/) != nil, "\(message)") }
    }

    /// systemd takes a whole catalog or, for one bad line, none of it.
    @Test func theCatalogExplainsKindsThatThereAre() throws {
        let text = try String(contentsOf: Self.root.appending(path: "systemd/earshot.catalog"), encoding: .utf8)
        let entries = text.split(separator: "\n-- ").dropFirst()
        var explained: Set<Substring> = []
        for entry in entries {
            let lines = entry.split(separator: "\n", omittingEmptySubsequences: false)
            try #require(lines.count > 5)
            #expect(JournalKinds.all.values.contains(String(lines[0])) && explained.insert(lines[0]).inserted, "\(lines[0])")
            #expect(lines[1].hasPrefix("Subject: ") && lines[2] == "Defined-By: Earshot" && lines[4].isEmpty && !lines[5].isEmpty, "\(entry)")
            // What is put in is a field that entries have: a mistake would stand there as it is.
            for match in entry.matches(of: /@([^@ ]+)@/) { #expect(match.1.wholeMatch(of: /EARSHOT_[A-Z]+/) != nil, "\(match.1)") }
        }
        #expect(explained.count > 15)
    }

    @Test func theDocumentListsThem() throws {
        let text = try String(contentsOf: Self.root.appending(path: "docs/journal.md"), encoding: .utf8)
        var listed: [String: String] = [:]
        for match in text.matches(of: /\| `([0-9a-f]{32})` \| \w+ \| \w+ \| (.*) \|\n/) { listed[String(match.2)] = String(match.1) }
        #expect(listed == JournalKinds.all)
    }
}
