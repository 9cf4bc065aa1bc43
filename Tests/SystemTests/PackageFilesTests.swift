import Foundation
import TestSupport
import Testing

/// What the Debian packages are made of; Tests/Box installs and runs them.
@Suite struct PackageFilesTests {
    private static var root: URL {
        var root = URL(filePath: #filePath)
        for _ in 0..<3 { root.deleteLastPathComponent() }
        return root
    }

    private static func text(_ path: String) throws -> String { try String(contentsOf: root.appending(path: path), encoding: .utf8) }

    @Test func thePackageHasTheVersionThatTheProgramsSay() async throws {
        let first = try #require(try Self.text("debian/changelog").split(separator: "\n").first)
        let programs = try Self.text("Sources/Daemon/Release.swift")
        let version = try #require(first.firstMatch(of: /\((\d+\.\d+\.\d+)\)/)).1
        #expect(programs.contains("version = \"\(version)\""), "\(first)")
        for name in ["earshotd", "earshot", "earshot-worker", "earshot-upload", "earshot-card"] {
            let said = try await Tool.own(name, ["--version"])
            #expect(said.succeeded && said.output == "\(name) \(version)\n", "\(said.output)\(said.errors)")
        }
    }

    /// The policy of the bus: an administrator's own file comes back byte for byte, and what is no policy is left alone.
    @Test(arguments: [
        nil, "<busconfig>\n  <limit name=\"reply_timeout\">1</limit>\n</busconfig>\n", "<busconfig>\n</busconfig>", "<busconfig>\n\t</busconfig>\n\n",
    ]) func theLockOfTheBusIsUndone(own: String?) async throws {
        let file = FileManager.default.temporaryDirectory.appending(path: "earshot-bus-\(UUID().uuidString).conf")
        defer { try? FileManager.default.removeItem(at: file) }
        try own?.write(to: file, atomically: true, encoding: .utf8)
        let script = Self.root.appending(path: "debian/appliance/lock-bus").path
        // Twice: an upgrade says it again.
        for _ in 0..<2 {
            let on = try await Tool.machine("env", ["LOCK_BUS_FILE=\(file.path)", script, "on"])
            #expect(on.succeeded, "\(on.errors)")
            let locked = try String(contentsOf: file, encoding: .utf8)
            #expect(locked.components(separatedBy: "/usr/share/earshot-appliance/bus.conf").count == 2, "\(locked)")
        }
        let off = try await Tool.machine("env", ["LOCK_BUS_FILE=\(file.path)", script, "off"])
        #expect(off.succeeded, "\(off.errors)")
        #expect((try? String(contentsOf: file, encoding: .utf8)) == own)
    }

    @Test func aFileThatIsNotUnderstoodIsRefusedWithWhatToDo() async throws {
        let file = FileManager.default.temporaryDirectory.appending(path: "earshot-bus-\(UUID().uuidString).conf")
        defer { try? FileManager.default.removeItem(at: file) }
        let own = "<busconfig><!-- one line --></busconfig>"
        try own.write(to: file, atomically: true, encoding: .utf8)
        let on = try await Tool.machine("env", ["LOCK_BUS_FILE=\(file.path)", Self.root.appending(path: "debian/appliance/lock-bus").path, "on"])
        #expect(!on.succeeded && on.errors.contains("Put this line before </busconfig>"), "\(on.errors)")
        #expect(try String(contentsOf: file, encoding: .utf8) == own)
    }
}
