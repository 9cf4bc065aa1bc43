import Foundation

/// A folder with a short path (a Unix socket holds 107 bytes), removed at the end.
func withTemporaryFolder<R>(_ body: (String) async throws -> R) async throws -> R {
    let path = "/tmp/ec-\(UUID().uuidString.prefix(8))"
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false, attributes: [.posixPermissions: 0o700])
    defer { try? FileManager.default.removeItem(atPath: path) }
    return try await body(path)
}
