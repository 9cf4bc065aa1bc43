import Foundation

/// The executables of the build that the running test belongs to.
package enum BuiltProducts {
    /// The absolute path of an executable target's product, such as `earshotd`. It stands beside the test's own executable.
    package static func path(of name: String) throws -> String {
        let own = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
        return URL(filePath: own).deletingLastPathComponent().appending(path: name).path
    }
}
