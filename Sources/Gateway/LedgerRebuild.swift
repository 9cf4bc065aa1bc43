internal import Daemon
internal import EventLoop
internal import Ledger
internal import RecordingStore
internal import Recordings

/// A ledger that is not there although recordings are: refused at a start, made anew with `--rebuild`.
struct LedgerRebuild {
    static let option = "--rebuild"

    let places: Places
    let routing: Routing

    /// Makes the ledger and says what it has, on standard output.
    func run() async throws {
        guard let lock = try ExclusiveLock.take(path: places.state + "/lock") else {
            throw StartFailure(
                description: "An earshotd works on \(places.state). Stop it first: a ledger is made anew while nobody uses the folder.")
        }
        let report = try await rebuilder().run()
        Announcement.print(report.text)
        lock.release()
    }

    /// An empty ledger would know none of the recordings: they would go to lost+found, and be pulled again from cards that may have none of them.
    func requireLedger() async throws {
        guard try await rebuilder().isNeeded() else { return }
        throw StartFailure(
            description: """
                There is no \(places.ledger), and \(places.state) holds what one was about. Bring it back from a backup, or make it anew from the \
                files beside it: earshotd \(Self.option). Nothing was changed.
                """)
    }

    private func rebuilder() async throws -> Rebuilder {
        let wall = WallClock(now: { UTCTime(milliseconds: SystemTime.milliseconds()) }, isSynchronised: { false })
        return try await Rebuilder(
            root: places.state, routing: routing, environment: LedgerEnvironment(wall: wall, boot: try BootClock.system()),
            executor: try BlockingThread(name: "rebuild"))
    }
}
