/// Two comparisons, each in turns within one run, medians and ratios printed:
/// what our receive path costs against a bare recv-and-write loop in C, and what a whole pull of our client costs against bleak's.
///
///     PullBenchmark receive
///     PullBenchmark pull --python PATH --script Tests/SystemTests/bleak/pull.py
@main
enum PullBenchmark {
    static func main() async throws {
        let arguments = CommandLine.arguments.dropFirst()
        func option(_ name: String) -> String? {
            arguments.firstIndex(of: name).flatMap { arguments[arguments.index(after: $0)...].first }
        }
        if arguments.first != "pull" { try await ReceivePath.compare() }
        if arguments.first != "receive" {
            try await WholePull.compare(
                python: option("--python") ?? "python3", script: option("--script") ?? "Tests/SystemTests/bleak/pull.py")
        }
    }
}
