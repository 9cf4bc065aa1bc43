/// A configuration with where it was read.
package struct LoadedConfiguration: Sendable, Hashable {
    package var configuration: Configuration
    /// Nil: there is no file, and the defaults count.
    package let file: String?
    /// The line of each key that the file has, as `storage.reserve` and `routes.0.when`.
    package let lines: [String: Int]
    /// The environment variable that decides a key, where one does.
    package var variables: [String: String] = [:]

    package init(_ configuration: Configuration = Configuration(), file: String? = nil, lines: [String: Int] = [:]) {
        self.configuration = configuration
        self.file = file
        self.lines = lines
    }
}
