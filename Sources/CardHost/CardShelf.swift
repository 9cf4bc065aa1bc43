internal import CardProfile
internal import EventLoop
internal import FoundationEssentials
internal import Recordings
internal import SoftwareCard

/// The folder of the cards of one process: powers them on, and listens for who holds them in his hand.
struct CardShelf: Sendable {
    /// Keeps cards and the control socket.
    let folder: String
    let files: HostFiles
    private let recordings: [String]
    private let clockIsUnset: Bool
    private let loop: EventLoopThread
    private let thread: BlockingThread

    /// How long a new card has been on: recordings may be said to have been made before.
    private static let uptime: Duration = .seconds(12 * 3600)

    /// Makes the folder when it is not there.
    ///
    /// - Parameters:
    ///   - recordings: sound files that each card which is new holds a recording of.
    ///   - clockIsUnset: of new cards.
    init(folder: String, recordings: [String], clockIsUnset: Bool) throws {
        self.folder = folder
        self.recordings = recordings
        self.clockIsUnset = clockIsUnset
        loop = try EventLoopThread(name: "control")
        thread = try BlockingThread(name: "cards")
        files = HostFiles(thread: thread)
        try makeFolder("")
    }

    func listen() throws -> StreamChannel { try StreamChannel.listen(at: ControlSocket.path(in: folder), loop: loop) }

    /// Powers a card on.
    ///
    /// - Parameter adjust: completes what kind of card it is.
    func card(_ name: CardName, _ adjust: (inout CardSettings) -> Void = { _ in }) async throws -> SoftwareCard {
        guard let serial = name.serial else { throw HostError(.badRequest, "\(name) gives no serial number.") }
        try makeFolder("/\(name)")
        let vault = try await FolderVault(path: "\(folder)/\(name)", thread: thread)
        let isNew = try await vault.loadSnapshot() == nil
        var settings = CardSettings(serial: serial)
        settings.uptime = Self.uptime
        adjust(&settings)
        var clips: [[Int16]] = []
        for path in recordings { clips.append(try await files.speech(in: path)) }
        let card = try await SoftwareCard(settings, vault: vault, clock: ContinuousClock(), microphone: Microphone(clips.first ?? []))
        if isNew {
            if !clockIsUnset { try await card.setClock(UTCTime(milliseconds: Int64(Date().timeIntervalSince1970 * 1000))) }
            for clip in clips { _ = try await card.record(RecordingFactory.speech(from: [clip]), kind: .conversation) }
        }
        return card
    }

    func makeFolder(_ part: String) throws {
        do {
            try FileManager.default.createDirectory(
                atPath: folder + part, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        } catch {
            throw HostError(.file, "The folder \(folder + part) cannot be made: \(error)")
        }
    }
}
