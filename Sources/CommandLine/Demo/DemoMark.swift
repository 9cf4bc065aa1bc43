internal import FoundationEssentials
internal import SystemPackage

/// Which folder is a demo's, and whether somebody has worked in it since: a new demo takes away what the one before left, and nothing of a person's.
struct DemoMark {
    /// The names that a new demo may take away with the folder.
    static let names: Set<String> = [own, used]
    private static let own = ".earshot-demo"
    private static let used = ".earshot-used"

    let folder: FilePath

    private var sandbox: SandboxFolder { SandboxFolder(root: folder) }
    private var mark: String { folder.appending(Self.own).string }

    var isThere: Bool { FileManager.default.fileExists(atPath: mark) }

    /// At a demo's beginning.
    func make() throws { try Data().write(to: URL(filePath: mark)) }

    /// At its end: what a person may change as it is now.
    func note() throws { try Data(changeable.utf8).write(to: URL(filePath: mark)) }

    /// A sandbox runs there.
    static func noteUse(of folder: FilePath) throws { try Data().write(to: URL(filePath: folder.appending(used).string)) }

    /// What was done there since the demo; nil: nothing.
    var useSince: String? {
        if FileManager.default.fileExists(atPath: folder.appending(Self.used).string) { return "a sandbox ran in it" }
        guard let noted = FileManager.default.contents(atPath: mark), !noted.isEmpty, noted != Data(changeable.utf8) else { return nil }
        return "its configuration or its agent was changed"
    }

    private var changeable: String {
        [sandbox.configuration, sandbox.hello].map { file in
            FileManager.default.contents(atPath: file.string).map { String(decoding: $0, as: UTF8.self) } ?? "none"
        }.joined(separator: "\u{0}")
    }
}
