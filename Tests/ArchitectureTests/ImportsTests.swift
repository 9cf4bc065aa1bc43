import Foundation
import Testing

/// What each target may import, from imports.txt: SwiftPM refuses only modules that cannot be reached at all.
@Suite struct ImportsTests {
    static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    /// The toolchain's own modules that every target may use.
    static let everywhere: Set<String> = ["Swift", "Synchronization"]

    static func table() throws -> [String: Set<String>] {
        let text = try String(contentsOf: root.appending(path: "Tests/ArchitectureTests/imports.txt"), encoding: .utf8)
        var table: [String: Set<String>] = [:]
        for line in text.split(separator: "\n") where !line.hasPrefix("#") {
            let parts = line.split(separator: ":", maxSplits: 1)
            table[String(parts[0])] = Set(parts.count == 1 ? [] : parts[1].split(separator: " ").map(String.init))
        }
        return table
    }

    static func imports(of target: String) throws -> [String: [String]] {
        let folder = root.appending(path: "Sources/\(target)")
        let files = FileManager.default.enumerator(at: folder, includingPropertiesForKeys: nil)?.compactMap { $0 as? URL } ?? []
        var found: [String: [String]] = [:]
        for file in files where file.pathExtension == "swift" {
            for line in try String(contentsOf: file, encoding: .utf8).split(separator: "\n") {
                let words = line.split(separator: " ")
                guard let position = words.firstIndex(of: "import"), position <= 2, position + 1 < words.count,
                    words[..<position].allSatisfy({ ["package", "internal", "private", "fileprivate", "public", "@preconcurrency"].contains($0) })
                else { continue }
                let module = words[position + 1].split(separator: ".")[0]
                found[String(module), default: []].append(file.lastPathComponent)
            }
        }
        return found
    }

    @Test func everyImportStandsInTheTable() throws {
        let table = try Self.table()
        let targets = try FileManager.default.contentsOfDirectory(atPath: Self.root.appending(path: "Sources").path)
        let headers: Set = ["CBluetooth", "CDBus", "COgg", "COpus", "CLinux", "CSystemd"]
        #expect(Set(targets).subtracting(headers) == Set(table.keys), "imports.txt has a line for each target and no other")
        var checked = 0
        for (target, allowed) in table {
            let imports = try Self.imports(of: target)
            for (module, files) in imports {
                checked += 1
                #expect(allowed.union(Self.everywhere).contains(module), "\(target) may not import \(module): \(files.joined(separator: ", "))")
            }
            #expect(allowed.subtracting(imports.keys).isEmpty, "imports.txt allows \(target) what it does not use")
        }
        #expect(checked >= 4, "the check reads real import lines")
    }
}
