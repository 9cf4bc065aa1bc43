import Foundation
import TestSupport
import Testing

/// The units as systemd itself judges them.
@Suite struct UnitFilesTests {
    private static var folder: URL {
        var root = URL(filePath: #filePath)
        for _ in 0..<3 { root.deleteLastPathComponent() }
        return root.appending(path: "systemd")
    }

    /// Exposure in tenths, as `systemd-analyze security` counts it: no unit may become more exposed than this.
    @Test(arguments: [("earshotd", 5), ("earshot-worker@", 5), ("earshot-upload", 12), ("earshot-import", 5), ("earshot-card@", 5)])
    func noUnitIsMoreExposedThanItNeeds(unit: String, threshold: Int) async throws {
        let path = Self.folder.appending(path: "\(unit).service").path
        let judged = try await Tool.machine("systemd-analyze", ["security", "--no-pager", "--offline=true", "--threshold=\(threshold)", path])
        #expect(judged.output.contains("Overall exposure level"), "\(judged.errors)")
        #expect(judged.succeeded, "\(judged.output.split(separator: "\n").filter { $0.hasPrefix("✗") }.joined(separator: "\n"))")
    }

    /// No key is misspelt and no program is missing, with the programs of this build in the place of the installed ones.
    @Test func systemdUnderstandsEveryLine() async throws {
        let copies = FileManager.default.temporaryDirectory.appending(path: "earshot-units-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: copies, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: copies) }
        for name in try FileManager.default.contentsOfDirectory(atPath: Self.folder.path) where name.hasSuffix(".service") {
            let programs = URL(filePath: try BuiltProducts.path(of: "earshotd")).deletingLastPathComponent().path
            let text = try String(contentsOf: Self.folder.appending(path: name), encoding: .utf8)
            // A template is judged by an instance.
            let copy = copies.appending(path: name.replacingOccurrences(of: "@", with: "@decode"))
            try text.replacingOccurrences(of: "/usr/bin/", with: programs + "/").write(to: copy, atomically: true, encoding: .utf8)
        }
        let units = try FileManager.default.contentsOfDirectory(atPath: copies.path).sorted()
        #expect(
            units == [
                "earshot-card@decode.service", "earshot-import.service", "earshot-upload.service", "earshot-worker@decode.service",
                "earshotd.service",
            ])
        let verified = try await Tool.machine("systemd-analyze", ["verify", "--man=no"] + units.map { copies.appending(path: $0).path })
        // It names the machine's own units too.
        let ours = verified.errors.split(separator: "\n").filter { $0.contains("earshot") }
        #expect(verified.succeeded && ours.isEmpty, "\(verified.errors)")
    }
}
