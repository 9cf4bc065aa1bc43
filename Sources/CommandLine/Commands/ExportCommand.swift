internal import APIClient
internal import ArgumentParser
internal import FoundationEssentials
internal import GatewayAPI
internal import Recordings
internal import SystemPackage

/// `earshot export WHAT… [--to FOLDER]`
struct ExportCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export",
        abstract: "Take recordings out: the file as the card had it or as it was imported, with what is known of it beside it.",
        discussion: "Each is named CARD-NUMBER. No file is ever overwritten.")

    @Argument(help: "anna/214, an id or its beginning, or \"anna yesterday 15:00\"; several.") var what: [String]
    @Option(help: "The folder to put them in; it must be there.") var to = "."
    @Option(help: "original, the file as it is, or wav, what was decoded of it.") var format = "original"
    @OptionGroup var gateway: GatewayOptions

    func validate() throws {
        guard !what.isEmpty else { throw ValidationError("Name the recordings to take out.") }
        guard ["original", "opus", "wav"].contains(format) else { throw ValidationError("--format is original or wav.") }
    }

    func run() async throws {
        let client = gateway.control
        let folder = absolute(to)
        let lookup = RecordingLookup(client: client, now: WallTime.now)
        for what in what {
            let recording = try await client.recording(try await lookup.name(of: what))
            let name = Self.fileName(recording.ref)
            let file = folder.appending("\(name).\(format == "original" ? recording.fileExtension : format)")
            let sidecar = folder.appending("\(name).json")
            try Self.refuseExisting(file)
            let isTold = try isThere(sidecar, of: recording)
            try await AudioFile(client: client, recording: recording, format: format).save(to: file)
            if !isTold { try NewFile.write(try APIJSON.encode(recording) + [0x0A], to: sidecar) }
            if gateway.json {
                try gateway.report.json([Exported(id: recording.id, file: file.string, sidecar: sidecar.string)])
            } else {
                try gateway.report.line(Shown.text(file.string))
            }
        }
    }

    /// Whether the same recording was taken out before in its other format: then what is known of it stands there already.
    private func isThere(_ sidecar: FilePath, of recording: RecordingMessage) throws -> Bool {
        guard FileManager.default.fileExists(atPath: sidecar.string) else { return false }
        let other = sidecar.removingLastComponent().appending(
            "\(Self.fileName(recording.ref)).\(format == "wav" ? recording.fileExtension : "wav")")
        guard FileManager.default.fileExists(atPath: other.string), let bytes = FileManager.default.contents(atPath: sidecar.string),
            let told = try? APIJSON.decode(RecordingMessage.self, from: Array(bytes)), told.id == recording.id
        else {
            try Self.refuseExisting(sidecar)
            return false
        }
        return true
    }

    private struct Exported: Encodable {
        let id: RecordingID
        let file: String
        let sidecar: String
    }

    /// `anna-214`: of a card's name only letters, digits and a few marks.
    static func fileName(_ ref: String) -> String {
        let safe = ref.unicodeScalars.map { scalar -> Character in
            let isSafe = scalar.properties.isAlphabetic || scalar.properties.numericType != nil || "._-".unicodeScalars.contains(scalar)
            return isSafe ? Character(scalar) : "-"
        }
        let name = String(safe)
        return name.hasPrefix(".") || name.hasPrefix("-") ? "_" + name.dropFirst() : name
    }

    private static func refuseExisting(_ file: FilePath) throws {
        guard FileManager.default.fileExists(atPath: file.string) else { return }
        throw CommandEnd(.failed, "\(Shown.text(file.string)) is there already; name another folder with --to.")
    }
}
