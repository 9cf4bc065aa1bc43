import CFuzzer
import Glibc

/// One program for all entries: `Fuzzing ENTRY [options of libFuzzer] [folders or files]`. Scripts/fuzz calls it.
@main enum Fuzzing {
    /// What reads bytes from outside, by name. An entry ends the process when a property does not hold.
    private static let entries: [(name: String, run: @Sendable ([UInt8]) -> Void)] = [
        ("messages", MessagesEntry.run), ("client", ClientEntry.run), ("server", ServerEntry.run), ("link", LinkEntry.run), ("ogg", OggEntry.run),
        ("audio", AudioEntry.run), ("bus", BusEntry.run), ("api", APIEntry.run), ("configuration", ConfigurationEntry.run),
        ("words", WordsEntry.run), ("sounds", SoundsEntry.run),
    ]

    /// libFuzzer starts itself again with its own options only, so the choice stands in the environment.
    private static let variable = "EARSHOT_FUZZING_ENTRY"

    /// Set once, before anything runs.
    nonisolated(unsafe) private static var chosen: ([UInt8]) -> Void = { _ in }

    static func main() {
        var arguments = CommandLine.arguments
        if arguments.count > 1, entries.contains(where: { $0.name == arguments[1] }) {
            _ = unsafe setenv(variable, arguments.remove(at: 1), 1)
        }
        let name = unsafe getenv(variable).map { unsafe String(cString: $0) }
        guard let entry = entries.first(where: { $0.name == name }) else {
            for entry in entries { print(entry.name) }
            exit(2)
        }
        unsafe chosen = entry.run
        // libFuzzer keeps the pointers for as long as the process lives.
        let pointers = UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>.allocate(capacity: arguments.count + 1)
        for (position, argument) in arguments.enumerated() { unsafe pointers[position] = strdup(argument) }
        unsafe pointers[arguments.count] = nil
        var count = Int32(arguments.count)
        var vector: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>? = unsafe pointers
        let status = unsafe LLVMFuzzerRunDriver(&count, &vector) { data, size in
            unsafe Fuzzing.chosen(Array(UnsafeBufferPointer(start: data, count: size)))
            return 0
        }
        exit(status)
    }
}
