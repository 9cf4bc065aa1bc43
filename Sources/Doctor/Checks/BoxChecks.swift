internal import Bytes
internal import Daemon

/// What a box needs that stands in a corner for years: room, time, a diary, a disk that tells a thief nothing.
enum BoxChecks {
    static let all = [disk, encryption, clock, zone, journal]

    private static let disk = Check("disk", .box, why: "Below the reserve pulling stops; the cards keep their copies until they are full.") {
        machine in
        guard case .success(let configuration) = machine.configuration() else {
            return .unknown("The reserve is not known.", "See configuration above.")
        }
        let reserve = configuration.storage.reserve
        // Before its first start the folder is not there: what holds it is.
        var folder = machine.places.state
        while !machine.exists(folder), let slash = folder.lastIndex(of: "/"), slash > folder.startIndex { folder = String(folder[..<slash]) }
        guard let free = machine.freeBytes(folder) else { return Finding.needsRoot }
        let shown = "\(ByteSize.text(free)) free, \(ByteSize.text(reserve)) of it in reserve"
        if free <= reserve {
            return .trouble(shown + ": pulling has stopped.", "Make room on the volume of \(folder), or lower [storage] reserve in earshot.toml.")
        }
        if free - reserve < reserve { return .advice(shown + ".", "Make room before it runs out.") }
        return .fine(shown + ".")
    }

    // MARK: - Encryption

    private static let encryption = Check(
        "disk-encryption", .box, why: "Whoever carries the box away hears everything that is on it, unless the disk is encrypted."
    ) { machine in
        guard let device = device(of: machine.places.state, machine) else {
            return .unknown("The disk of \(machine.places.state) cannot be told.", "Judge by hand: lsblk")
        }
        if isEncrypted(device, machine) { return .fine("\(machine.places.state) lies on an encrypted disk.") }
        return .advice(
            "\(machine.places.state) lies on a disk that is not encrypted.",
            "Set the box up on LUKS, with the key in its TPM (systemd-cryptenroll --tpm2-device=auto): it starts without a person.")
    }

    /// The number of the device that holds a folder, as `8:1`.
    private static func device(of path: String, _ machine: Machine) -> String? {
        guard let mounts = machine.read("/proc/self/mountinfo", limit: 4 << 20).text else { return nil }
        // 36 35 98:0 /mnt1 /mnt2 rw,noatime … (proc(5)); the last mount on the longest path counts.
        var best: (length: Int, device: String)?
        for line in mounts.split(separator: "\n") {
            let fields = line.split(separator: " ")
            guard fields.count > 5 else { continue }
            let point = String(fields[4])
            let isAbove = point == "/" || path == point || path.hasPrefix(point + "/")
            if isAbove, point.utf8.count >= best?.length ?? 0 { best = (point.utf8.count, String(fields[2])) }
        }
        return best?.device
    }

    /// Whether the device, or one that it lies on, is dm-crypt's. btrfs and ZFS have devices of their own that tell nothing.
    private static func isEncrypted(_ device: String, _ machine: Machine, depth: Int = 0) -> Bool {
        let folder = "/sys/dev/block/\(device)"
        if machine.read(folder + "/dm/uuid").text?.hasPrefix("CRYPT-") == true { return true }
        guard depth < 8 else { return false }
        return machine.list(folder + "/slaves").contains { name in
            guard let number = machine.read("/sys/class/block/\(name)/dev").text?.filter({ !$0.isNewline }) else { return false }
            return isEncrypted(number, machine, depth: depth + 1)
        }
    }

    // MARK: - Time

    private static let clock = Check("clock", .box, why: "Cards are set by this clock; when it is not synchronised, cards are left with theirs.") {
        machine in
        if case .success(let configuration) = machine.configuration(), configuration.gateway.clock == .trusted {
            return .advice(
                "The clock is trusted as it is: [gateway] clock = \"trusted\".",
                "Right only for a box with a good clock of its own, or for trying out.")
        }
        let answer = await machine.run(["timedatectl", "show", "--property=NTP,NTPSynchronized,CanNTP"])
        guard answer.status == 0 else { return .unknown("timedatectl does not answer: \(answer.complaint)", "Judge by hand: timedatectl") }
        let values = KeyFile.parse(answer.output)
        if values[".NTPSynchronized"] == "yes" { return .fine("Synchronised.") }
        if values[".NTP"] == "yes" {
            return .trouble("Synchronisation is on, and has not come about.", "Does the box reach a time server? timedatectl timesync-status")
        }
        guard values[".CanNTP"] == "yes" else { return .trouble("No program synchronises the clock.", "apt install systemd-timesyncd") }
        return .trouble("Synchronisation is off.", "timedatectl set-ntp true", mending: [.run(["timedatectl", "set-ntp", "true"])])
    }

    private static let zone = Check("time-zone", .box, why: "Names of delivered files and what people read show the time of this zone.") { machine in
        guard case .success(let configuration) = machine.configuration() else {
            return .unknown("The zone is not known.", "See configuration above.")
        }
        let machineZone =
            machine.target(of: "/etc/localtime")?.split(separator: "zoneinfo/").last.map(String.init)
            ?? machine.read("/etc/timezone").text?.filter { !$0.isNewline } ?? "UTC"
        let zone = configuration.gateway.timeZone
        let universal: Set = ["UTC", "Etc/UTC", "Etc/Zulu", "Zulu", "Universal", "Etc/Universal", "UCT", "Etc/UCT"]
        if zone == machineZone || universal.contains(zone) && universal.contains(machineZone) { return .fine("\(zone), as the machine's.") }
        return .advice(
            "Earshot shows \(zone); the machine's zone is \(machineZone).",
            "Write time_zone = \"\(machineZone)\" under [gateway] in earshot.toml, if that is meant.")
    }

    // MARK: - Journal

    private static let journal = Check("journal", .box, why: "After a restart nobody can say what happened before it, unless the journal is kept.") {
        machine in
        var storage = "auto"
        let folder = "/etc/systemd/journald.conf.d"
        let files = ["/etc/systemd/journald.conf"] + machine.list(folder).filter { $0.hasSuffix(".conf") }.map { "\(folder)/\($0)" }
        for file in files {
            if let value = KeyFile.parse(machine.read(file).text ?? "")["Journal.Storage"] { storage = value }
        }
        switch storage {
        case "persistent": return .fine("Kept (Storage=persistent).")
        case "volatile", "none":
            return .advice("Not kept: Storage=\(storage) in journald.conf.", "Set Storage=persistent, and restart systemd-journald.")
        default:
            if machine.look("/var/log/journal").status?.kind == .folder { return .fine("Kept in /var/log/journal.") }
            return .advice(
                "Not kept: there is no /var/log/journal.", "Make the folder; journald uses it from then on.",
                mending: [
                    .run(["mkdir", "-p", "/var/log/journal"]), .run(["systemd-tmpfiles", "--create", "--prefix", "/var/log/journal"]),
                    .run(["journalctl", "--flush"]),
                ])
        }
    }
}
