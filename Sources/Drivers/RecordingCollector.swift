internal import CardProfile
internal import GATT
internal import Logging
internal import Recordings

/// Lists a card's recordings, asks the sink for a plan and carries it out: pull, seal, release. Not shared between tasks.
final class RecordingCollector {
    /// Seals that differ from the card's digest, of one recording in one session; the ledger counts on across sessions.
    private static let differingSeals = 3

    private let session: RecorderSession
    /// What has to be done between two pieces: actions of people, new events.
    private let attend: () async throws -> Void
    private var listed: [UInt32: ListedRecording] = [:]
    /// Complete recordings that the card has not been allowed to forget.
    private var unreleased: Set<UInt32> = []
    private var pulledAgain: Set<UInt32> = []

    /// The disk is full: nothing is pulled any more.
    private(set) var hasNoRoom = false
    /// What a card may not do, and did with one recording; the others are not held up by it.
    private(set) var violation: String?

    init(_ session: RecorderSession, attend: @escaping () async throws -> Void) {
        self.session = session
        self.attend = attend
    }

    /// How many complete recordings the card holds unreleased, as far as this session knows.
    var remaining: Int { unreleased.count }

    /// One round. Returns early when the session is over.
    func run() async throws {
        session.context.agenda.looks()
        var held = ListEntry.list(released: false, session.features)
        _ = try await session.collect(&held)
        var released = ListEntry.list(released: true, session.features)
        _ = try await session.collect(&released)
        listed = Dictionary((released.entries + held.entries).map { ($0.number, $0) }, uniquingKeysWith: { $1 })
        unreleased = Set(held.entries.filter { $0.flags.contains(.complete) }.map(\.number))
        for step in try await session.sink.plan(listed: held.entries, released: released.entries) {
            try await attend()
            if session.isOver { return }
            switch step {
            case .pull(let recording): try await pull(recording)
            case .release(let number, let digest, _): try await release(number, digest)
            }
        }
    }

    private func pull(_ recording: ListedRecording) async throws {
        guard !hasNoRoom else { return }
        guard recording.size <= Limits.recordingBytes else {
            violation = "Recording \(recording.number) is listed with \(recording.size) bytes; \(Limits.recordingBytes) are allowed."
            return
        }
        var recording = recording
        guard var start = try await begin(recording) else { return }
        for _ in 0..<Self.differingSeals {
            switch try await RecordingFetch(session, attend: attend).run(recording, from: start) {
            case .whole: break
            case .waits: return
            case .hindered(let cause): return try await session.sink.hindered(recording.number, because: cause)
            }
            switch try await session.sink.seal(recording) {
            case .stored(let digest, let mayRelease):
                session.report.recordingsStored += 1
                session.publish(.stored(recording: recording.number, size: recording.size))
                if mayRelease { try await release(recording.number, digest) }
                return
            case .differs(let resumeAt):
                session.publish(.digestDiffers(recording: recording.number))
                // A block that became unreadable meanwhile has changed the entry: then the copy that counts begins anew.
                guard let entry = try await listAgain(recording.number) else { return }
                guard entry != recording else {
                    start = resumeAt
                    continue
                }
                guard let anew = try await begin(entry) else { return }
                (recording, start) = (entry, anew)
            case .setAside: return
            }
        }
    }

    /// - Returns: where to READ from; nil: there is no room.
    private func begin(_ recording: ListedRecording) async throws -> UInt64? {
        do {
            return try await session.sink.begin(recording)
        } catch CustodyError.noRoom(let needed, let free) {
            hasNoRoom = true
            session.publish(.noRoom(needed: needed, free: free))
            return nil
        }
    }

    /// What the card lists of a recording now; nil when there is nothing of it to pull.
    private func listAgain(_ number: UInt32) async throws -> ListedRecording? {
        var list = ListEntry.entry(of: number, session.features)
        _ = try await session.collect(&list)
        guard let entry = list.entries.first, entry.number == number, entry.flags.contains(.complete), entry.size <= Limits.recordingBytes else {
            return nil
        }
        listed[number] = entry
        return entry
    }

    private func release(_ number: UInt32, _ digest: SHA256Digest) async throws {
        let result = try await session.link.ask(.release(recording: number, digest: digest, erase: false)).result
        let answer = ReleaseAnswer(result)
        switch answer {
        case .accepted, .gone:
            session.report.recordingsReleased += 1
            session.publish(.released(recording: number))
            unreleased.remove(number)
        case .digestDiffers: session.publish(.digestDiffers(recording: number))
        case .refused:
            session.context.logger.warning("The card did not release a recording", metadata: ["number": "\(number)", "result": "\(result)"])
        }
        guard try await session.sink.released(number, answer: answer) == .pullAgain, let recording = listed[number],
            pulledAgain.insert(number).inserted
        else { return }
        try await pull(recording)
    }
}

extension ReleaseAnswer {
    fileprivate init(_ result: ControlResult) {
        switch result {
        case .success: self = .accepted
        case .noSuchObject: self = .gone
        case .digestDiffers: self = .digestDiffers
        default: self = .refused(result: result.rawValue)
        }
    }
}
