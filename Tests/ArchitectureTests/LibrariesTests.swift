import Foundation
import TestSupport
import Testing

/// What each executable links, from libraries.txt: a decoder in earshotd or a bus in a worker would show here.
@Suite struct LibrariesTests {
    /// Beside the toolchain's runtime and libc, which all have.
    static let everywhere = [
        "libc.so", "libm.so", "libgcc_s.so", "libstdc++.so", "ld-linux", "libswift", "lib_Foundation", "libFoundation", "libdispatch",
        "libBlocksRuntime",
    ]

    static func linked(by executable: String) throws -> Set<String> {
        let text = try ChildProcess.run("/usr/bin/readelf", ["--dynamic", "--wide", executable]).said
        let names = text.split(separator: "\n").filter { $0.contains("(NEEDED)") }.compactMap { line -> String? in
            guard let open = line.firstIndex(of: "["), let close = line.firstIndex(of: "]") else { return nil }
            return String(line[line.index(after: open)..<close])
        }
        #expect(names.contains { $0.hasPrefix("libc.so") }, "readelf tells what \(executable) links")
        return Set(names.filter { name in !everywhere.contains { name.hasPrefix($0) } })
    }

    /// The face of the manifest without executables has nothing to look at.
    private static let hasExecutables = (try? BuiltProducts.path(of: "earshotd")).map(FileManager.default.fileExists) ?? false

    @Test(.enabled(if: hasExecutables, "EARSHOT_CORE builds no executables"))
    func everyExecutableLinksWhatItsJobNeeds() throws {
        let table = try String(
            contentsOf: ImportsTests.root.appending(path: "Tests/ArchitectureTests/libraries.txt"), encoding: .utf8)
        for line in table.split(separator: "\n") where !line.hasPrefix("#") {
            let parts = line.split(separator: ":")
            let allowed = Set(parts.count == 1 ? [] : parts[1].split(separator: " ").map(String.init))
            let linked = try Self.linked(by: try BuiltProducts.path(of: String(parts[0])))
            #expect(linked == allowed, "\(parts[0]) links \(linked.sorted()); libraries.txt says \(allowed.sorted())")
        }
    }
}
