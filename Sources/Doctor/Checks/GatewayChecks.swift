internal import Daemon
internal import GatewayAPI

/// Earshot itself: its configuration, its users, folders and sockets, its units, and what it says.
enum GatewayChecks {
    static let all = [configuration, users, stateFolder, runFolders, sockets, units, gateway]

    private static let configuration = Check("configuration", .gateway, why: "earshotd does not start with a configuration it cannot use.") {
        machine in
        switch machine.configuration() {
        case .success:
            let path = machine.places.configuration
            guard let status = machine.look(path).status else { return .fine("There is no \(path): the defaults count.") }
            guard status.mode & 0o022 == 0 || status.mode & 0o002 == 0 && status.group == 0 else {
                return .trouble(
                    "\(path) can be written by others than root: it names programs that Earshot runs.", "chmod go-w \(path)",
                    mending: [.permissions(status.mode & ~0o022, of: path)])
            }
            return .fine("\(path) can be used.")
        case .failure(let error): return .trouble("\(error)", "Mend the line; docs/configuration.md has all keys.")
        }
    }

    private static let users = Check("users", .gateway, why: "Rights go by user and group: without them no unit starts and no socket can be shared.")
    {
        machine in
        let accounts = Accounts(machine)
        let missing =
            ["earshot", "earshot-uploader"].filter { accounts.user($0) == nil }.map { "user \($0)" }
            + ["earshot", "earshot-read", "earshot-delivered"].filter { accounts.group($0) == nil }.map { "group \($0)" }
        guard missing.isEmpty else {
            return .trouble(
                "Missing: \(missing.joined(separator: ", ")).", "systemd-sysusers", mending: [.run(["systemd-sysusers", "earshot.conf"])])
        }
        let members = accounts.group("earshot")?.members.filter { $0 != "earshot" } ?? []
        return .fine(
            members.isEmpty ? "All there; no person is a member of earshot: use sudo." : "All there; \(members.joined(separator: ", ")) may command.")
    }

    // MARK: - Folders

    private struct Place {
        let path: String
        let mode: UInt32
        let user: String
        let group: String
    }

    /// How a folder differs from what it must be; nil when it does not.
    private static func complaint(_ place: Place, _ machine: Machine, _ accounts: Accounts) -> String? {
        switch machine.look(place.path, following: false) {
        case .missing: return "\(place.path) is not there"
        case .denied: return nil
        case .there(let status):
            guard status.kind == .folder else { return "\(place.path) is no folder" }
            guard status.user == accounts.user(place.user)?.id, status.group == accounts.group(place.group)?.id else {
                let owner = "\(accounts.name(ofUser: status.user)):\(accounts.name(ofGroup: status.group))"
                return "\(place.path) belongs to \(owner), not \(place.user):\(place.group)"
            }
            guard status.mode == place.mode else {
                return "\(place.path) has mode \(String(status.mode, radix: 8)), not \(String(place.mode, radix: 8))"
            }
            return nil
        }
    }

    private static let stateFolder = Check(
        "state-folder", .gateway, why: "It holds what people said: nobody but earshot may look into it, and earshot must be able to write."
    ) { machine in
        let place = Place(path: machine.places.state, mode: 0o700, user: "earshot", group: "earshot")
        let accounts = Accounts(machine)
        guard let status = machine.look(place.path, following: false).status else {
            return .trouble("\(place.path) is not there.", "earshotd makes it when systemd starts it: systemctl start earshotd")
        }
        guard let complaint = complaint(place, machine, accounts) else { return .fine("\(place.path) is earshot's alone.") }
        guard status.kind == .folder, let user = accounts.user("earshot"), let group = accounts.group("earshot") else {
            return .trouble(complaint + ".", "See users above; then look at it by hand.")
        }
        var mending: [Mending] = []
        if status.user != user.id || status.group != group.id { mending.append(.owner(user: user.id, group: group.id, of: place.path)) }
        mending.append(.permissions(place.mode, of: place.path))
        return .trouble(complaint + ".", "Set owner and mode.", mending: mending)
    }

    private static let runFolders = Check(
        "run-folders", .gateway, why: "Who reaches the folder of a socket may use it: a wrong mode shuts people out, or lets strangers in."
    ) { machine in
        let run = machine.places.run
        let places = [
            Place(path: run, mode: 0o755, user: "earshot", group: "earshot"),
            Place(path: run + "/control", mode: 0o750, user: "earshot", group: "earshot"),
            Place(path: run + "/read", mode: 0o750, user: "earshot", group: "earshot-read"),
            Place(path: run + "/agents", mode: 0o755, user: "earshot", group: "earshot"),
            Place(path: run + "/tokens", mode: 0o700, user: "earshot", group: "earshot"),
        ]
        let accounts = Accounts(machine)
        let complaints = places.compactMap { complaint($0, machine, accounts) }
        guard !complaints.isEmpty else { return .fine("\(run) and its folders are as they must be.") }
        return .trouble(
            complaints.joined(separator: "; ") + ".", "systemd-tmpfiles --create earshot.conf",
            mending: [.run(["systemd-tmpfiles", "--create", "earshot.conf"])])
    }

    private static let sockets = Check("sockets", .gateway, why: "Commands, workers and agents ask the gateway through them.") { machine in
        var missing: [String] = []
        for socket in Places.Socket.allCases {
            let path = machine.places.socket(socket)
            switch machine.look(path) {
            case .denied: return .needsRoot
            case .missing: missing.append("\(path) is not there")
            case .there(let status):
                if status.kind != .socket { missing.append("\(path) is no socket") }
                if status.mode & 0o666 != 0o666 { missing.append("\(path) has mode \(String(status.mode, radix: 8)), not 666") }
            }
        }
        guard !missing.isEmpty else { return .fine("All three are open to who reaches their folders.") }
        return .trouble(missing.joined(separator: "; ") + ".", "systemctl restart earshotd makes them anew; cards go on where they were.")
    }

    // MARK: - Units

    private static let unitNames = ["earshotd.service", "earshot-worker@decode.service", "earshot-upload.service"]

    private static let units = Check("units", .gateway, why: "What is not running does nothing; what is not enabled does nothing after a restart.") {
        machine in
        let answer = await machine.run(
            ["systemctl", "show", "--property=Id,LoadState,ActiveState,SubState,UnitFileState,Result,NRestarts", "--"] + unitNames)
        guard answer.status == 0 else { return .unknown("systemd does not answer: \(answer.complaint)", "Look at: systemctl status") }
        var states: [String: [String: String]] = [:]
        for block in answer.output.split(separator: "\n\n") {
            var fields: [String: String] = [:]
            for line in block.split(separator: "\n") {
                let parts = line.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
                if parts.count == 2 { fields[String(parts[0])] = String(parts[1]) }
            }
            if let id = fields["Id"] { states[id] = fields }
        }
        var complaints: [String] = []
        var idle: [String] = []
        for unit in unitNames {
            let state = states[unit] ?? [:]
            guard state["LoadState"] == "loaded" else {
                complaints.append("\(unit) is not installed")
                continue
            }
            if state["ActiveState"] != "active" {
                complaints.append("\(unit) is \(state["ActiveState"] ?? "unknown") (\(state["Result"] ?? "unknown"))")
                idle.append(unit)
            } else if state["UnitFileState"] != "enabled" {
                complaints.append("\(unit) is not enabled")
                idle.append(unit)
            }
        }
        guard !complaints.isEmpty else {
            let restarts = Int(states[unitNames[0]]?["NRestarts"] ?? "") ?? 0
            return restarts < 5
                ? .fine("earshotd, decode and upload run, and start with the machine.")
                : .advice("All run; earshotd was restarted \(restarts) times.", "See why: journalctl -u earshotd")
        }
        return .trouble(
            complaints.joined(separator: "; ") + ".",
            idle.isEmpty
                ? "Install the package earshot anew."
                : "systemctl enable --now \(idle.joined(separator: " ")); why it ended: journalctl -u \(idle[0])",
            mending: idle.isEmpty ? [] : [.run(["systemctl", "enable", "--now"] + idle)])
    }

    // MARK: - What the gateway says

    private static let gateway = Check("gateway", .gateway, why: "It knows best what hinders it.") { machine in
        switch await machine.gateway() {
        case .silent(let reason): return .trouble("It does not answer. \(reason)", "See units and sockets above.")
        case .status(let status):
            let troubles =
                status.conditions.map { "\($0.name): \($0.detail)" } + [status.radioTrouble].compactMap { $0 } + status.adapters.compactMap(\.trouble)
            guard troubles.isEmpty else { return .trouble(troubles.joined(separator: " "), "earshot status shows it, and when it is over.") }
            return .fine("\(status.name) answers: Earshot \(status.version), \(status.cards) cards.")
        }
    }
}
