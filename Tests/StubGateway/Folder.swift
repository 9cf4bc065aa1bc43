internal import Foundation

/// A folder for one test, removed at the end. Its path is short: a socket's has at most 107 bytes.
package final class Folder: Sendable {
    package let path: String

    package init() throws {
        path = "/tmp/ew-" + String(UUID().uuidString.prefix(8))
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    package func path(of name: String) -> String { path + "/" + name }
}
