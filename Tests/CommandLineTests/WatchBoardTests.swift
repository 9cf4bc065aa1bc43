import CommandLine
import GatewayAPI
import Recordings
import Testing

/// The picture of `earshot watch`, message by message.
@Suite struct WatchBoardTests {
    private static let anna = CardReference(id: CardID.make(at: UTCTime(milliseconds: 1), random: 1, sequence: 1), name: "anna")
    private static let start = UTCTime(milliseconds: 1_700_000_000_000)

    private static func message(
        _ what: String, after milliseconds: Int64 = 0, recording: UInt32? = nil, offset: UInt64? = nil, size: UInt64? = nil, rssi: Int? = nil,
        reason: String? = nil
    ) -> ActivityMessage {
        ActivityMessage(
            at: start.advanced(by: milliseconds), card: anna, what: what, recording: recording, offset: offset, size: size, rssi: rssi, reason: reason
        )
    }

    private static func status(adapters: [AdapterMessage] = [AdapterMessage(address: "00", name: "hci0", state: "scanning", links: 0)])
        -> StatusMessage
    {
        StatusMessage(
            gateway: "gw_0", name: "hq", version: "0.1", now: start, started: start, timeZone: "UTC", adapters: adapters, cards: 1, recordings: [:],
            deliveries: 0, queues: [], disk: DiskMessage(free: 5 << 30, reserve: 1 << 30), conditions: [], lastEvent: 0)
    }

    private static func card(_ name: String, presence: String? = nil, waiting: Int = 0) throws -> CardMessage {
        CardMessage(
            id: anna.id, name: name, serial: try #require(CardSerial("A1-0007EC7C21")), paired: start, waiting: waiting, held: 0, presence: presence)
    }

    private static func now(_ board: WatchBoard, after milliseconds: Int64, width: Int = 200) throws -> String {
        try #require(board.lines(now: start.advanced(by: milliseconds), width: width, height: 24).last)
    }

    @Test func aTransferTellsHowFarHowFastAndUntilWhen() throws {
        var board = WatchBoard()
        board.take(Self.status(), [try Self.card("anna", waiting: 2)])
        board.take(Self.message("session_started"))
        board.take(Self.message("transfer_started", recording: 3, offset: 0, size: 1_000_000))
        for step in 1...5 {
            let offset = UInt64(step) * 100_000
            board.take(Self.message("transfer_progress", after: Int64(step) * 1000, recording: 3, offset: offset, size: 1_000_000))
        }
        let line = try Self.now(board, after: 5000)
        #expect(line.contains("linked"))
        #expect(line.contains("anna/3 █████····· 50 % of 976 KiB, 97.6 KiB/s, 0:05 left, until "))
        #expect(line.hasSuffix(", 1 more waiting"))
        #expect(board.head.hasPrefix("hq  1 card, 1 linked, "), "\(board.head)")
        let stored = board.take(Self.message("stored", after: 10_000, recording: 3, size: 1_000_000))
        #expect(stored == "anna/3 is stored, 976 KiB at 97.6 KiB/s")
        #expect(try Self.now(board, after: 13_000).contains("anna/3 is stored, 976 KiB at 97.6 KiB/s 3 s ago, 1 waiting"))
    }

    @Test func whoComesInTheMiddleSeesItToo() throws {
        var board = WatchBoard()
        board.take(Self.message("transfer_progress", recording: 3, offset: 250_000, size: 1_000_000))
        #expect(try Self.now(board, after: 0).contains("anna/3 ██········ 25 % of 976 KiB"))
        #expect(try !Self.now(board, after: 0).contains("left"), "the speed is not known yet")
    }

    @Test func aClockThatIsSetBackAndATransferThatGoesBackAreMeasuredAnew() throws {
        var board = WatchBoard()
        board.take(Self.message("transfer_started", recording: 3, offset: 0, size: 1_000_000))
        board.take(Self.message("transfer_progress", after: 1000, recording: 3, offset: 100_000, size: 1_000_000))
        board.take(Self.message("transfer_progress", after: -90_000, recording: 3, offset: 200_000, size: 1_000_000))
        #expect(try !Self.now(board, after: 0).contains("/s"))
        board.take(Self.message("transfer_progress", after: -89_000, recording: 3, offset: 150_000, size: 100_000))
        #expect(try !Self.now(board, after: 0).contains("/s"))
        #expect(try Self.now(board, after: 0).contains("100 %"), "a size that is too small is no more than all of it")
    }

    @Test func aLostGatewayIsSaidAndItsTransfersAreOver() throws {
        var board = WatchBoard()
        board.take(Self.status(), [try Self.card("anna")])
        board.take(Self.message("transfer_progress", recording: 3, offset: 250_000, size: 1_000_000))
        board.lose("No gateway listens at /run/x.")
        let lines = board.lines(now: Self.start, width: 100, height: 24)
        #expect(lines[0] == "! No gateway listens at /run/x.  Waiting for the gateway.")
        #expect(!lines.contains { $0.contains("25 %") })
        board.take(Self.status(adapters: []), [try Self.card("anna")])
        #expect(board.lines(now: Self.start, width: 100, height: 24)[1] == "! No Bluetooth adapter is there.")
    }

    @Test func thePictureFitsItsTerminal() throws {
        var board = WatchBoard()
        let cards = try (0..<40).map { number in
            CardMessage(
                id: CardID.make(at: Self.start, random: UInt64(number), sequence: UInt16(number)), name: "card-\(number)",
                serial: try #require(CardSerial("A1-0007EC7C21")), paired: Self.start, waiting: 0, held: 0,
                presence: number == 39 ? "linked" : nil, lastEnd: String(repeating: "很长 ", count: 60))
        }
        board.take(Self.status(), cards)
        for (width, height) in [(40, 10), (80, 24), (20, 3), (200, 100)] {
            let lines = board.lines(now: Self.start, width: width, height: height)
            #expect(lines.count <= height)
            for line in lines {
                #expect(line.reduce(0) { $0 + ($1.unicodeScalars.first.map { $0.value >= 0x4E00 } == true ? 2 : 1) } <= width, "\(line)")
            }
        }
        let lines = board.lines(now: Self.start, width: 80, height: 10)
        #expect(lines[3].hasPrefix("card-39"), "who is linked comes first: \(lines)")
        #expect(lines.last?.hasPrefix("… and ") == true)
    }

    @Test func nothingFromACardMovesTheCursor() throws {
        var board = WatchBoard()
        let line = board.take(Self.message("session_ended", reason: "bad \u{1B}[2J end"))
        #expect(line?.unicodeScalars.contains("\u{1B}") == false)
        #expect(board.lines(now: Self.start, width: 100, height: 9).allSatisfy { !$0.unicodeScalars.contains("\u{1B}") })
    }
}
