internal import ArgumentParser
internal import Daemon

/// The root of `earshot-card`'s commands.
struct CardCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "earshot-card", abstract: "Recorder cards in software.",
        usage: """
            earshot-card simulate NAME... --bus ADDRESS --state DIR
            earshot-card serve NAME --state DIR [--adapter hci0]
            earshot-card NAME COMMAND ... [--state DIR] [--json]
            """,
        discussion: """
            simulate puts cards on a simulated BlueZ: no Bluetooth, no root. serve makes this machine's Bluetooth adapter a card. Both run until \
            they are ended. From a second terminal the other commands are what a \
            person does with a card: earshot-card anna press assistant --double

            Exit status: 0 done, 1 failed, 2 not understood.
            """,
        version: Release.line(of: "earshot-card"),
        subcommands: [SimulateCommand.self, ServeCommand.self] + HandCommands.all + [PressCommand.self, RecordSpeechCommand.self, FaultCommand.self])
}
