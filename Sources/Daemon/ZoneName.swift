internal import FoundationEssentials

/// Names of the time zone database.
enum ZoneName {
    private static let folder = "/usr/share/zoneinfo"

    static func isKnown(_ name: String) -> Bool {
        guard (1...64).contains(name.utf8.count), !name.hasPrefix("/"),
            name.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F && $0 != 0x3A }), !name.split(separator: "/").contains("..")
        else { return false }
        // Without the database the name is believed: times then show in UTC.
        guard name != "UTC", FileManager.default.fileExists(atPath: folder) else { return true }
        var isFolder = false
        return FileManager.default.fileExists(atPath: folder + "/" + name, isDirectory: &isFolder) && !isFolder
    }
}
