internal import ArgumentParser

/// `earshot-card NAME record FILE...`
struct RecordSpeechCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "record", abstract: "Puts a finished recording of speech on the card.",
        usage: "earshot-card NAME record FILE ... [--kind KIND] [--length SECONDS] [--marks N] [--ended-ago SECONDS]",
        discussion: "It starts as long ago as it lasts, and ends now or when --ended-ago says, but not before the card was switched on.")

    enum Kind: String, ExpressibleByArgument, CaseIterable {
        case conversation, call, memo
    }

    @OptionGroup var remote: RemoteOptions

    @Argument(help: "WAV files, one behind the other with pauses.")
    var files: [String]

    @Option(help: "conversation, call or memo.")
    var kind = Kind.conversation

    @Option(help: "Seconds: the files are repeated or cut.")
    var length: Double?

    @Option(help: "How many marks, spread evenly.")
    var marks = 0

    @Option(help: "Seconds since its end.")
    var endedAgo: Double = 0

    func validate() throws {
        guard (0...1000).contains(marks) else { throw ValidationError("--marks is 0 to 1000.") }
        try Self.check(length, "--length")
        guard (0...(365 * 86_400)).contains(endedAgo) else { throw ValidationError("--ended-ago is a number of seconds, at most a year.") }
    }

    static func check(_ length: Double?, _ option: String) throws {
        guard let length else { return }
        guard length > 0, length <= 4 * 3600 else { throw ValidationError("\(option) is more than 0 and at most 14400 seconds.") }
    }

    func run() async throws {
        var order = remote.order(.record)
        order.files = files.map { RemoteOptions.absolute($0) }
        order.kind = kind.rawValue
        order.lengthMs = length.map { UInt64($0 * 1000) }
        order.marks = marks
        order.endedAgoMs = UInt64(endedAgo * 1000)
        try await remote.perform(order, text: AnswerText.recording)
    }
}
