import Foundation
import Subprocess
import SystemPackage
import TestSupport
import Testing

/// A sandbox that runs on a folder for a while.
enum SandboxLife {
    /// Runs the sandbox on a demo's folder; the body starts when it runs.
    static func whileRunning<R>(_ folder: URL, _ body: () async throws -> R) async throws -> R {
        var result: Result<R, any Error>?
        _ = try await Subprocess.run(
            .path(FilePath(try BuiltProducts.path(of: "earshot"))), arguments: ["sandbox", "--folder", folder.path], input: .none, output: .sequence,
            error: .string(limit: 1 << 16)
        ) { process in
            for try await line in process.standardOutput.strings() where line.contains("Ctrl-C ends it") {
                do { result = .success(try await body()) } catch { result = .failure(error) }
                try process.send(signal: .interrupt)
            }
        }
        return try #require(result, "the sandbox did not start").get()
    }

    /// Sizes, and when each was made: one that was made again is another one.
    static func files(in folder: URL) throws -> [String: String] {
        var files: [String: String] = [:]
        for case let path as String in try #require(FileManager.default.enumerator(atPath: folder.path)) {
            let attributes = try FileManager.default.attributesOfItem(atPath: folder.appending(path: path).path)
            guard attributes[.type] as? FileAttributeType == .typeRegular, path != "lock" else { continue }
            files[path] = "\(attributes[.size] ?? 0) \(attributes[.systemFileNumber] ?? 0) \(attributes[.modificationDate] ?? Date.distantPast)"
        }
        return files
    }
}
