internal import Glibc

/// Names in the state folder and in a backup, and which of them a backup takes.
enum StateNames {
    static let configuration = "configuration/earshot.toml"
    static let ledger = "state/ledger.sqlite"
    /// Of a bond: keys, and the services that bluetoothd remembers.
    static let bondFiles = ["info", "attributes"]

    /// Whether a backup takes a file of this name from the top of the state folder: the ledger is copied by itself, and those that were kept before a
    /// migration are no part of it.
    static func isKept(_ name: String) -> Bool {
        name != "lock" && !name.hasPrefix("ledger") && !name.hasPrefix(".") && !name.hasSuffix(".part") && isPlain(name)
    }

    /// Whether a member of a backup may stand there.
    static func isMember(_ path: String) -> Bool {
        let parts = path.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        switch (parts.first, parts.count) {
        case _ where path == configuration || path == ledger: return true
        case ("state", 2): return isKept(parts[1])
        case ("state", 3): return ["recordings", "artifacts"].contains(parts[1]) && isPlain(parts[2]) && !parts[2].hasSuffix(".part")
        case ("bluetooth", 4): return isAddress(parts[1]) && isAddress(parts[2]) && bondFiles.contains(parts[3])
        default: return false
        }
    }

    private static func isPlain(_ name: String) -> Bool {
        (1...128).contains(name.utf8.count) && name.first != "."
            && name.utf8.allSatisfy { byte in
                switch byte {
                case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2E, 0x2D, 0x5F: true
                default: false
                }
            }
    }

    /// `00:11:22:AA:BB:CC`
    static func isAddress(_ name: String) -> Bool {
        let parts = name.split(separator: ":", omittingEmptySubsequences: false)
        return parts.count == 6 && parts.allSatisfy { $0.utf8.count == 2 && $0.allSatisfy(\.isHexDigit) }
    }

    /// A file that is no link.
    static func isFile(_ path: String) -> Bool { kind(path) == S_IFREG }

    static func isFolder(_ path: String) -> Bool { kind(path) == S_IFDIR }

    static func exists(_ path: String) -> Bool { kind(path) != nil }

    private static func kind(_ path: String) -> mode_t? {
        var found = stat()
        return unsafe lstat(path, &found) == 0 ? found.st_mode & S_IFMT : nil
    }
}
