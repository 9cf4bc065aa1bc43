internal import ArgumentParser

/// `earshot-card NAME press BUTTON`
struct PressCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "press", abstract: "Presses a button.",
        usage: "earshot-card NAME press BUTTON [--double | --triple | --long | --very-long] [--memo FILE ...]",
        discussion: """
            The record button starts and stops a recording of its microphone, the side button marks it. With --memo a memo is spoken that \
            ends with the press.
            """)

    enum How: String, EnumerableFlag {
        case double, triple, long, veryLong
    }

    enum Which: String, ExpressibleByArgument, CaseIterable {
        case record, assistant, side
    }

    @OptionGroup var remote: RemoteOptions

    @Argument(help: "record, assistant or side.")
    var button: Which

    @Flag(help: "How it is pressed; once and shortly else.")
    var how: How?

    @Option(parsing: .singleValue, help: "A WAV file that is spoken. Repeatable.")
    var memo: [String] = []

    @Option(help: "Seconds of speech: the files are repeated or cut.")
    var memoLength: Double?

    func validate() throws {
        guard memoLength == nil || !memo.isEmpty else { throw ValidationError("--memo-length needs a --memo FILE.") }
        try RecordSpeechCommand.check(memoLength, "--memo-length")
    }

    func run() async throws {
        var order = remote.order(.press)
        order.button = button.rawValue
        order.gesture = how.map { $0 == .veryLong ? "very_long" : $0.rawValue }
        if !memo.isEmpty { order.files = memo.map { RemoteOptions.absolute($0) } }
        order.lengthMs = memoLength.map { UInt64($0 * 1000) }
        try await remote.perform(order) { answer in
            "Event \(answer.event ?? 0)" + (answer.memo.map { ", memo \($0)" } ?? "")
        }
    }
}
