import Foundation
import Testing

/// The main job in real processes, things going wrong on purpose included, as a person runs it.
@Suite(.serialized, .timeLimit(.minutes(15))) struct DemoTests {
    /// A short path: sockets stand in it.
    private static func folder() -> URL { URL(filePath: "/tmp/earshot-demo-\(UUID().uuidString.prefix(8))") }

    private static func files(in folder: URL, _ ending: String) -> [URL] {
        let found = FileManager.default.enumerator(at: folder, includingPropertiesForKeys: nil)?.compactMap { $0 as? URL } ?? []
        return found.filter { $0.pathExtension == ending }.sorted { $0.path < $1.path }
    }

    @Test func theDemoProvesThatNothingIsLostOrDoubled() async throws {
        let folder = Self.folder()
        defer { try? FileManager.default.removeItem(at: folder) }
        let demo = try await Tool.own("earshot", ["demo", "--folder", folder.path])
        #expect(demo.succeeded, "\(demo.output)\n\(demo.errors)")
        #expect(demo.output.contains("unexplained: 0"))
        #expect(demo.output.contains("every file byte for byte the card's: 6 of 6"))
        for line in demo.output.split(separator: "\n") where line.contains("✗") { Issue.record("\(line)") }
        #expect(demo.output.split(separator: "\n").count { $0.hasPrefix(" ✓") } == 4)
        let delivered = Self.files(in: folder.appending(path: "delivered"), "opus")
        #expect(delivered.count == 6)
        for file in delivered { try await inspect(file) }
    }

    /// opusinfo finds nothing wrong, and the WAV beside it is what `opusdec --rate 48000 --no-dither` makes of it.
    private func inspect(_ file: URL) async throws {
        let info = try await Tool.machine("opusinfo", file.path)
        #expect(info.succeeded)
        #expect(info.output.contains("Playback length"))
        for word in ["WARNING", "Warning", "ERROR", "Error", "hole"] { #expect(!(info.output + info.errors).contains(word), "\(info.output)") }
        let theirs = file.deletingPathExtension().appendingPathExtension("opusdec.wav")
        let decoded = try await Tool.machine("opusdec", "--quiet", "--rate", "48000", "--no-dither", file.path, theirs.path)
        #expect(decoded.succeeded, "\(decoded.errors)")
        let ours = file.deletingPathExtension().appendingPathExtension("wav")
        let isEqual = try Data(contentsOf: theirs) == Data(contentsOf: ours)
        #expect(isEqual, "\(ours.lastPathComponent) differs from opusdec's")
    }
}
