internal import Bytes
internal import Daemon

/// The folders of `[[import.watch]]`, as the unit that watches them sees them.
enum WatchedFolderCheck {
    static let all = [check]

    private static let unit = "earshot-import.service"
    private static let user = "earshot-import"
    /// What the unit does not see, whatever the rights there (systemd/earshot-import.service).
    private static let hidden = ["/home", "/root", "/run/user", "/tmp", "/var/tmp", "/srv/earshot", "/var/lib/earshot"]

    private static let check = Check(
        "watched-folders", .gateway, why: "A file in a folder that cannot be looked into is never imported, and whoever put it there is not told."
    ) { machine in
        guard case .success(let configuration) = machine.configuration() else {
            return .unknown("The watched folders are not known.", "See configuration above.")
        }
        let folders = configuration.watchedFolders
        guard !folders.isEmpty else { return .fine("No folder is watched.") }
        let answer = await machine.run(["systemctl", "show", "--property=ActiveState,UnitFileState,ReadWritePaths", "--", unit])
        guard answer.status == 0 else { return .unknown("systemd does not answer: \(answer.complaint)", "Look at: systemctl status \(unit)") }
        let state = KeyFile.parse(answer.output)
        let writable = (state[".ReadWritePaths"] ?? "").split(separator: " ").map { String($0.drop { "-+".contains($0) }) }
        var complaints: [(what: String, remedy: String)] = []
        for folder in folders {
            guard let complaint = await complaint(folder, writable, machine) else { continue }
            if complaint.what.isEmpty { return .needsRoot }
            complaints.append(complaint)
        }
        if let first = complaints.first { return .trouble(complaints.map { $0.what + "." }.joined(separator: " "), first.remedy) }
        guard state[".ActiveState"] == "active" else {
            return .trouble(
                "\(unit) is \(state[".ActiveState"] ?? "unknown"): nobody looks into \(shown(folders[0].folder)).",
                "systemctl restart \(unit); why it ended: journalctl -u \(unit)", mending: [.run(["systemctl", "restart", unit])])
        }
        return .fine(folders.count == 1 ? "\(shown(folders[0].folder)) is watched." : "\(folders.count) folders are watched.")
    }

    /// What hinders the unit in a folder, and what to do; without words: only root could tell; nil: nothing.
    private static func complaint(_ folder: WatchedFolder, _ writable: [String], _ machine: Machine) async -> (what: String, remedy: String)? {
        let path = folder.folder
        let name = shown(path)
        if let hidden = hidden.first(where: { isBelow(path, $0) }) {
            return ("\(name): the unit sees nothing below \(hidden)", "Watch a folder elsewhere: /srv/earshot-import is made for it.")
        }
        switch machine.look(path) {
        case .denied: return ("", "")
        case .missing: return ("\(name) is not there", "Make it, with the rights of /srv/earshot-import: install -d -m 2770 -g \(user) \(name)")
        case .there(let status): guard status.kind == .folder else { return ("\(name) is no folder", "Name a folder in earshot.toml.") }
        }
        guard machine.isRoot else { return ("", "") }
        // The kernel knows all of it: owners, groups, lists of access, and every folder on the way.
        func may(_ rights: String...) async -> Bool {
            let tests = rights.flatMap { ["-a", $0, path] }.dropFirst()
            return await machine.run(["runuser", "-u", user, "--", "test"] + tests).status == 0
        }
        guard await may("-r", "-x") else {
            return ("\(name) cannot be looked into by the user \(user)", "setfacl -m u:\(user):rx \(name), and x for every folder above it")
        }
        guard folder.then == .move else { return nil }
        guard writable.contains(where: { isBelow(path, $0) }) else {
            return (
                "\(name): the unit may not write there, so nothing can be moved",
                "systemctl edit \(unit): [Service], ReadWritePaths=\(name); or leave out then = \"move\""
            )
        }
        guard await may("-w") else {
            return (
                "\(name) cannot be written by the user \(user), so nothing can be moved",
                "setfacl -m u:\(user):rwx \(name); or leave out then = \"move\""
            )
        }
        return nil
    }

    private static func isBelow(_ path: String, _ folder: String) -> Bool { path == folder || path.hasPrefix(folder + "/") }
    private static func shown(_ path: String) -> String { "\(ForeignText(path, limit: 200))" }
}
