import Foundation
import Subprocess
import SystemPackage
import TestSupport
import Testing

/// The sandbox as a person runs it, in a folder that needs quoting everywhere.
@Suite(.serialized, .timeLimit(.minutes(10))) struct SandboxTests {
    /// What the sandbox still has to be seen to do.
    private enum Scene { case start, killed, asked }

    @Test func aKilledGatewayIsStartedAgainAndASecondSandboxIsKeptOut() async throws {
        let folder = URL(filePath: "/tmp/earshot \"\(UUID().uuidString.prefix(8))\" & co")
        defer { try? FileManager.default.removeItem(at: folder) }
        var said: [String] = []
        let sandbox = try await Subprocess.run(
            .path(FilePath(try BuiltProducts.path(of: "earshot"))), arguments: ["sandbox", "--folder", folder.path], input: .none, output: .sequence,
            error: .string(limit: 1 << 16)
        ) { process in
            var scene = Scene.start
            for try await line in process.standardOutput.strings() {
                said.append(line)
                switch scene {
                case .start where line.contains("Ctrl-C ends it"):
                    let gateway = try #require(Self.programs(of: folder).first { $0.name == "earshotd" })
                    #expect(kill(gateway.id, SIGKILL) == 0)
                    scene = .killed
                case .killed where line.contains("earshotd ended by itself (signal 9)"):
                    #expect(line.contains("started again"))
                    let second = try await Tool.own("earshot", ["sandbox", "--folder", folder.path])
                    #expect(!second.succeeded && second.errors.contains("runs in \(folder.path) already"), "\(second.errors)")
                    try process.send(signal: .interrupt)
                    scene = .asked
                default: break
                }
            }
            #expect(scene == .asked, "\(said)")
        }
        #expect(sandbox.terminationStatus.isSuccess, "\(sandbox.standardError)")
        for name in ["SOCKET", "CARDS", "CONFIG", "STATE", "RUN"] {
            #expect(said.contains { $0.contains("EARSHOT_\(name)='\(folder.path)/") }, "\(name)")
        }
        #expect(FileManager.default.fileExists(atPath: folder.appending(path: ".earshot-used").path))
        #expect(said.last?.hasPrefix("Ended; \(folder.path) keeps everything") == true, "\(said)")
        #expect(Self.programs(of: folder).isEmpty, "Nothing outlives it.")
    }

    @Test func aFolderWithOtherThingsInItIsLeftAlone() async throws {
        let folder = URL(filePath: "/tmp/earshot-other-\(UUID().uuidString.prefix(8))")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: false)
        defer { try? FileManager.default.removeItem(at: folder) }
        try Data("mine".utf8).write(to: folder.appending(path: "letter.txt"))
        for command in ["sandbox", "demo"] {
            let run = try await Tool.own("earshot", [command, "--folder", folder.path])
            #expect(!run.succeeded && run.errors.contains("--folder"), "\(run.errors)")
        }
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["letter.txt"])
    }

    /// A new demo takes away what the one before left, and nothing that a person did there.
    @Test(arguments: [".earshot-used", "hello"]) func aDemosFolderThatWasUsedIsNotEmptied(name: String) async throws {
        let folder = URL(filePath: "/tmp/earshot-used-\(UUID().uuidString.prefix(8))")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: false)
        defer { try? FileManager.default.removeItem(at: folder) }
        // As a demo leaves it: what a person may change is noted, and was not there.
        try Data("none\u{0}none".utf8).write(to: folder.appending(path: ".earshot-demo"))
        try Data("mine".utf8).write(to: folder.appending(path: name))
        let run = try await Tool.own("earshot", ["demo", "--folder", folder.path])
        #expect(!run.succeeded && run.errors.contains("has been used since its demo") && run.errors.contains("--fresh"), "\(run.errors)")
        #expect(FileManager.default.contents(atPath: folder.appending(path: name).path) == Data("mine".utf8))
    }

    /// The programs of a sandbox: its folder stands in their environment.
    private static func programs(of folder: URL) -> [(id: pid_t, name: String)] {
        let processes = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
        return processes.compactMap(pid_t.init).compactMap { id in
            guard let environment = FileManager.default.contents(atPath: "/proc/\(id)/environ"),
                String(decoding: environment, as: UTF8.self).contains("EARSHOT_STATE=\(folder.path)/state"),
                let name = FileManager.default.contents(atPath: "/proc/\(id)/comm")
            else { return nil }
            return (id, String(decoding: name, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines))
        }
    }
}
