internal import APIClient
internal import ArgumentParser
internal import FoundationEssentials
internal import GatewayAPI
internal import Recordings

/// `earshot watch`
struct WatchCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "watch", abstract: "Live: who is near, what is on the way, how fast, until when. Ctrl-C ends it.",
        discussion:
            "On a terminal a picture that renews itself; elsewhere a line for each thing that happens. It goes on through restarts of the gateway.")

    @OptionGroup var gateway: GatewayOptions

    /// The picture is asked for anew this often, and drawn anew each second.
    private static let refresh: Duration = .seconds(5)

    func run() async throws {
        let client = gateway.look
        // Who cannot be reached at all is told so at once, and not waited for.
        let status = try await client.status()
        let screen = WatchScreen(style: gateway.json ? .json : StandardStream.output.columns == nil ? .lines : .picture)
        try await screen.take(status, try await client.cards().items)
        try await endingOnSignal {
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await Self.follow(client, screen) }
                group.addTask { try await Self.refresh(client, screen) }
                group.addTask {
                    while true {
                        try await screen.draw()
                        try await ContinuousClock().sleep(for: .seconds(1))
                    }
                }
                defer { group.cancelAll() }
                try await group.next()
            }
        }
    }

    private static func follow(_ client: GatewayClient, _ screen: WatchScreen) async throws {
        while true {
            do {
                try await client.activity { message in
                    try await screen.take(message)
                    return true
                }
                // The gateway ends its streams when it stops.
                try await screen.lose("The gateway has ended.")
            } catch let error as APIError where error.isTransient {
                try await screen.lose(error.description)
            }
            try await ContinuousClock().sleep(for: .seconds(1))
        }
    }

    private static func refresh(_ client: GatewayClient, _ screen: WatchScreen) async throws {
        while true {
            do {
                let status = try await client.status()
                try await screen.take(status, try await client.cards().items)
                try await ContinuousClock().sleep(for: refresh)
            } catch let error as APIError where error.isTransient {
                try await screen.lose(error.description)
                try await ContinuousClock().sleep(for: .seconds(1))
            }
        }
    }
}

/// The board and the terminal that shows it.
private actor WatchScreen {
    enum Style { case picture, lines, json }

    private let style: Style
    private let output = Report(isJSON: false)
    private var board = WatchBoard()
    /// Lines of the last picture, which the next one covers.
    private var drawn = 0
    private var isSilent = false
    private var isNew = true

    init(style: Style) { self.style = style }

    func take(_ status: StatusMessage, _ cards: [CardMessage]) throws {
        if isSilent, style == .lines { try output.line("\(Shown.time(WallTime.now))  gateway  answers again") }
        isSilent = false
        board.take(status, cards)
        if isNew, style == .lines { try output.line(board.head) }
        isNew = false
    }

    func take(_ message: ActivityMessage) throws {
        let line = board.take(message)
        switch style {
        case .picture: try draw()
        case .json: try output.json([message])
        case .lines: if let line { try output.line("\(Shown.time(message.at))  \(line)") }
        }
    }

    func lose(_ reason: String) throws {
        board.lose(reason)
        if style == .lines, !isSilent { try output.line("\(Shown.time(WallTime.now))  gateway  \(Shown.text(reason)) Waiting for it.") }
        isSilent = true
    }

    func draw() throws {
        guard style == .picture, let size = StandardStream.output.size else { return }
        let lines = board.lines(now: WallTime.now, width: size.columns, height: size.rows - 1)
        var text = drawn > 0 ? "\u{1B}[\(drawn)A\r" : ""
        for line in lines { text += line + "\u{1B}[K\n" }
        // What the picture before had below this one.
        text += "\u{1B}[J"
        try StandardStream.output.put(text: text)
        drawn = lines.count
    }
}
