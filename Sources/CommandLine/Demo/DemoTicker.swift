internal import GatewayAPI
internal import Glibc
internal import Synchronization

/// The demo's live lines: what the gateway says it does, and what the demo itself does.
final class DemoTicker: Sendable {
    private let start = ContinuousClock.now
    private let isTerminal: Bool
    /// Whether the cursor stands behind a progress line.
    private let hasProgress = Mutex(false)

    init(isTerminal: Bool) { self.isTerminal = isTerminal }

    func say(_ line: String) { write(line, isProgress: false) }

    func tell(_ activity: ActivityMessage) {
        let card = activity.card?.name ?? "gateway"
        let name = activity.recording.map { "\(card)/\($0)" } ?? card
        switch activity.what {
        case "session_started": say("\(card): connected")
        case "session_ended": say("\(card): link ended: \(activity.reason ?? "no reason given")")
        case "retry": say("\(card): no link yet: \(activity.reason ?? "no reason given")")
        case "transfer_started": say("\(name): reads from byte \(activity.offset ?? 0) of \(activity.size ?? 0)")
        case "transfer_progress":
            guard isTerminal, let offset = activity.offset, let size = activity.size, size > 0 else { return }
            write("\(name): \(Shown.bar(Int(offset * 30 / size), of: 30)) \(offset * 100 / size) %", isProgress: true)
        case "gap": say("\(name): notifications are missing; what came before byte \(activity.offset ?? 0) is kept")
        case "checksum_wrong": say("\(name): wrong checksum, that transfer is thrown away")
        case "digest_differs": say("\(name): the card and the file disagree about the digest")
        case "stored": say("\(name): durable and re-read")
        case "released": say("\(name): the card confirmed the digest and may forget it")
        case "events": say("\(card): events up to \(activity.upTo ?? 0) are committed")
        case "screen_shown": say("\(card): the screen shows the agent's answer")
        case "no_room": say("\(card): no disk space; the card keeps its copies")
        default: break
        }
    }

    private func write(_ text: String, isProgress: Bool) {
        hasProgress.withLock { hasProgress in
            let time = DemoScreen.seconds(ContinuousClock.now - start)
            let line = " " + String(repeating: " ", count: max(0, 6 - time.count)) + time + "  " + text
            let clear = hasProgress ? "\r\u{1B}[K" : ""
            print(clear + line, terminator: isProgress ? "" : "\n")
            fflush(nil)
            hasProgress = isProgress
        }
    }
}
