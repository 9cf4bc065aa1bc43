import Foundation

enum FileNames {
    static func exist(_ path: String) -> Bool { FileManager.default.fileExists(atPath: path) }
}

extension Array where Element == UInt8 {
    func write(to path: String, times: Int) throws {
        try Data([[UInt8]](repeating: self, count: times).flatMap { $0 }).write(to: URL(filePath: path))
    }
}
