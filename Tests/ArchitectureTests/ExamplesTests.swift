import Foundation
import Testing

/// What stands in more than one place and must be the same in each: lists of types, examples in docs that a reader types as they stand.
@Suite struct ExamplesTests {
    /// `earshot events --types` warns of a type that is none: every one that the ledger writes has to be in its list.
    @Test func everyEventThatTheLedgerWritesIsKnown() throws {
        let list = try String(contentsOf: ImportsTests.root.appending(path: "Sources/GatewayAPI/EventTypes.swift"), encoding: .utf8)
        let folder = ImportsTests.root.appending(path: "Sources/Ledger")
        var types: Set<String> = []
        for file in try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil) where file.pathExtension == "swift" {
            let text = try String(contentsOf: file, encoding: .utf8)
            for match in text.matches(of: /emit\(\s*"([a-z_.]+)"/) { types.insert(String(match.1)) }
            for match in text.matches(of: /\(\s*"([a-z]+\.[a-z_]+)",\s*\[/) { types.insert(String(match.1)) }
        }
        #expect(types.count > 20, "\(types.sorted())")
        for type in types where type != "health." { #expect(list.contains("\"\(type)\""), "\(type)") }
    }

    /// The API takes JSON that says so; curl's `-d` alone says that it is a form, and is refused with 415.
    @Test func everyBodySaysThatItIsJSON() throws {
        let folder = ImportsTests.root.appending(path: "docs")
        var bodies = 0
        for file in try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil) where file.pathExtension == "md" {
            for line in try String(contentsOf: file, encoding: .utf8).split(separator: "\n") where line.hasPrefix("curl ") {
                #expect(!line.contains(" -d ") && !line.contains(" --data"), "\(file.lastPathComponent): \(line)")
                bodies += line.contains(" --json ") ? 1 : 0
            }
        }
        #expect(bodies >= 5)
    }
}
