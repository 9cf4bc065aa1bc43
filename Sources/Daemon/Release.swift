/// Which Earshot this is.
package enum Release {
    /// The one place that says it; the packages' changelog says the same, which a test holds.
    package static let version = "0.1.0"

    /// What a program says to `--version`: `earshotd 0.1.0`.
    package static func line(of program: String) -> String { "\(program) \(version)" }
}
