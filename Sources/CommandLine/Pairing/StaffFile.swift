internal import FoundationEssentials

/// Reads the list of cards, writes what came of it.
enum StaffFile {
    static func read(_ path: String) throws -> String {
        guard let data = FileManager.default.contents(atPath: path) else { throw CommandEnd(.failed, "\(Shown.text(path)) cannot be read.") }
        guard data.count <= StaffList.longest, let text = String(validating: data, as: UTF8.self) else {
            throw CommandEnd(.usage, "\(Shown.text(path)) is no list of cards: save it as CSV in UTF-8.")
        }
        return text
    }

    /// `staff.csv` to `staff.results.csv`.
    static func results(of path: String) -> String {
        (path.lowercased().hasSuffix(".csv") ? String(path.dropLast(4)) : path) + ".results.csv"
    }

    /// Replaces what a run before this one wrote.
    static func write(_ text: String, to path: String) throws {
        do { try Data(text.utf8).write(to: URL(filePath: path), options: .atomic) } catch {
            throw CommandEnd(.failed, "\(Shown.text(path)) cannot be written; the cards are paired all the same.")
        }
    }
}
