internal import ArgumentParser

/// The commands that are one order without or with a single word.
enum HandCommands {
    static let all: [any ParsableCommand.Type] = [
        List.self, Screen.self, Passkey.self, Pair.self, TypePasskey.self, Confirm.self, Refuse.self, Stop.self, Mark.self, Delete.self, Lose.self,
        Dump.self, WalkAway.self, ComeBack.self,
        Reboot.self, Battery.self, Rate.self,
    ]

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "What the card holds: number, size, SHA-256, state.", usage: "earshot-card NAME list")
        @OptionGroup var remote: RemoteOptions
        func run() async throws { try await remote.perform(remote.order(.list), text: AnswerText.list) }
    }

    struct Screen: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "What its screen shows.", usage: "earshot-card NAME screen")
        @OptionGroup var remote: RemoteOptions
        func run() async throws { try await remote.perform(remote.order(.screen), text: AnswerText.screen) }
    }

    struct Passkey: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "The six digits that it shows to who pairs with it.", usage: "earshot-card NAME passkey")
        @OptionGroup var remote: RemoteOptions
        func run() async throws { try await remote.perform(remote.order(.passkey)) { $0.passkey ?? "" } }
    }

    struct Pair: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Opens pairing mode for 60 s.", usage: "earshot-card NAME pair")
        @OptionGroup var remote: RemoteOptions
        func run() async throws { try await remote.perform(remote.order(.pair)) { _ in "Pairing mode is open for 60 s." } }
    }

    struct TypePasskey: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "type", abstract: "Types the six digits that the gateway shows.", usage: "earshot-card NAME type DIGITS")
        @OptionGroup var remote: RemoteOptions
        @Argument(help: "The six digits.") var passkey: UInt32

        func run() async throws {
            var order = remote.order(.type)
            order.passkey = passkey
            try await remote.perform(order) { _ in "" }
        }
    }

    struct Confirm: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Says that card and gateway show the same digits.", usage: "earshot-card NAME confirm")
        @OptionGroup var remote: RemoteOptions
        func run() async throws { try await remote.perform(remote.order(.confirm)) { _ in "" } }
    }

    struct Refuse: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Says no to a pairing that asks.", usage: "earshot-card NAME refuse")
        @OptionGroup var remote: RemoteOptions
        func run() async throws { try await remote.perform(remote.order(.refuse)) { _ in "" } }
    }

    struct Stop: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Stops what its microphone records.", usage: "earshot-card NAME stop")
        @OptionGroup var remote: RemoteOptions
        func run() async throws { try await remote.perform(remote.order(.stop), text: AnswerText.recording) }
    }

    struct Mark: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Marks what its microphone records.", usage: "earshot-card NAME mark")
        @OptionGroup var remote: RemoteOptions
        func run() async throws { try await remote.perform(remote.order(.mark), text: AnswerText.recording) }
    }

    struct Delete: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Its user deletes a recording on it.", usage: "earshot-card NAME delete N")
        @OptionGroup var remote: RemoteOptions
        @Argument(help: "The recording's number.") var recording: UInt32
        func run() async throws { try await remote.perform(remote.order(.delete, of: recording)) { _ in "" } }
    }

    struct Lose: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "A storage fault takes a recording.", usage: "earshot-card NAME lose N")
        @OptionGroup var remote: RemoteOptions
        @Argument(help: "The recording's number.") var recording: UInt32
        func run() async throws { try await remote.perform(remote.order(.lose, of: recording)) { _ in "" } }
    }

    struct Dump: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Writes the card's own bytes of a recording to a file.", usage: "earshot-card NAME dump N FILE")
        @OptionGroup var remote: RemoteOptions
        @Argument(help: "The recording's number.") var recording: UInt32
        @Argument(help: "The file to write.") var file: String

        func run() async throws {
            var order = remote.order(.dump, of: recording)
            order.path = RemoteOptions.absolute(file)
            try await remote.perform(order) { "\($0.size ?? 0) bytes" }
        }
    }

    struct WalkAway: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Carries it out of range.", usage: "earshot-card NAME walk-away")
        @OptionGroup var remote: RemoteOptions
        func run() async throws { try await remote.perform(remote.order(.walkAway)) { _ in "" } }
    }

    struct ComeBack: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Carries it back into range.", usage: "earshot-card NAME come-back")
        @OptionGroup var remote: RemoteOptions
        func run() async throws { try await remote.perform(remote.order(.comeBack)) { _ in "" } }
    }

    struct Reboot: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Takes its power away and gives it back: clock, link and screen are gone.", usage: "earshot-card NAME reboot")
        @OptionGroup var remote: RemoteOptions
        func run() async throws { try await remote.perform(remote.order(.reboot)) { _ in "" } }
    }

    struct Battery: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Sets what is left in its battery.", usage: "earshot-card NAME battery PERCENT")
        @OptionGroup var remote: RemoteOptions
        @Argument(help: "0 to 100.") var percent: Int

        func validate() throws {
            guard (0...100).contains(percent) else { throw ValidationError("PERCENT is 0 to 100.") }
        }

        func run() async throws {
            var order = remote.order(.battery)
            order.percent = percent
            try await remote.perform(order) { _ in "" }
        }
    }

    struct Rate: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Sets how fast its link is.", usage: "earshot-card NAME rate BYTES_PER_SECOND")
        @OptionGroup var remote: RemoteOptions
        @Argument(help: "Bytes a second; 0: as fast as it goes.") var rate: Int

        func validate() throws {
            guard rate >= 0 else { throw ValidationError("BYTES_PER_SECOND is 0 or more.") }
        }

        func run() async throws {
            var order = remote.order(.rate)
            order.rate = rate
            try await remote.perform(order, text: AnswerText.faults)
        }
    }
}

extension RemoteOptions {
    fileprivate func order(_ command: CardOrder.Command, of recording: UInt32) -> CardOrder {
        var order = order(command)
        order.recording = recording
        return order
    }
}
