/// bluetoothd: there, of a version without known holes, with a gateway's settings, and out of strangers' reach.
enum HostChecks {
    static let all = [
        running, version,
        setting(
            "bluez-mode", "General.ControllerMode", standard: "dual", wanted: ["le"],
            why: "Cards speak Bluetooth LE. Classic Bluetooth is a second, larger door for strangers, with the worst of the known holes behind it."),
        setting(
            "bluez-just-works", "General.JustWorksRepairing", standard: "never", wanted: ["never"],
            why: "Otherwise anybody who imitates a card's address may replace its bond by one that nobody confirmed."),
        setting(
            "bluez-secure-connections", "General.SecureConnections", standard: "on", wanted: ["on", "only"],
            why: "Pairing without LE Secure Connections can be read by whoever listens to it."),
        setting(
            "bluez-channels", "GATT.Channels", standard: "3", wanted: ["1"],
            why: "With several ATT channels values overtake each other; transfers see gaps and ask for the same bytes again."),
        cache, plugins, lock,
    ]

    private static let running = Check("bluetoothd", .bluetooth, why: "Without bluetoothd no card can be met.") { machine in
        switch await machine.host() {
        case .objects: return .fine("bluetoothd is on the bus.")
        case .refused: return .fine("bluetoothd is on the bus, and does not talk to this user.")
        case .noBus(let reason):
            return .trouble("The system bus does not answer: \(reason)", "Look at: systemctl status dbus. This cannot be mended while it runs.")
        case .absent:
            return .trouble(
                "Nobody has the name org.bluez on the bus.", "systemctl enable --now bluetooth; if it ends again: journalctl -u bluetooth",
                mending: [.run(["systemctl", "enable", "--now", "bluetooth.service"])])
        }
    }

    /// The settings that the appliance makes, each by itself.
    private static func setting(_ name: String, _ key: String, standard: String, wanted: [String], why: String) -> Check {
        Check(name, .bluetooth, why: why) { machine in
            guard let settings = await BluetoothdSettings.find(on: machine) else { return noSettings }
            let value = settings.values[key]
            let parts = key.split(separator: ".")
            let shown = "\(parts[1]) = \(value ?? standard)" + (value == nil ? " (its default)" : "")
            if wanted.contains(value ?? standard) { return .fine(shown) }
            return .trouble(
                shown + ", in \(settings.file)",
                "Install earshot-appliance, or write under [\(parts[0])]: \(parts[1]) = \(wanted[0]), and restart bluetooth.")
        }
    }

    private static let noSettings = Finding.unknown(
        "How bluetoothd is started, or its settings, cannot be read.", "Run it with sudo, while bluetooth.service is installed.")

    private static let cache = Check(
        "bluez-cache", .bluetooth, why: "Without the cache a card's services are asked for anew at each meeting, which costs seconds of its battery."
    ) { machine in
        guard let settings = await BluetoothdSettings.find(on: machine) else { return noSettings }
        let value = settings.values["GATT.Cache"] ?? "always"
        guard value == "no" else { return .fine("Cache = \(value)") }
        return .advice("Cache = no, in \(settings.file)", "Take the line away: the default keeps services of paired cards.")
    }

    private static let plugins = Check(
        "bluez-plugins", .bluetooth,
        why: "They make keyboards, mice and players of whoever is paired: a gateway needs none, and CVE-2023-27349 was in one."
    ) { machine in
        guard let settings = await BluetoothdSettings.find(on: machine) else { return noSettings }
        let open = ["hog", "input", "avrcp"].filter { !settings.withoutPlugins.contains($0) && !settings.withoutPlugins.contains("*") }
        if open.isEmpty { return .fine("Off: hog, input, avrcp.") }
        return .trouble(
            "On: \(open.joined(separator: ", ")).",
            "Install earshot-appliance, or start bluetoothd with --noplugin=hog,input,avrcp (systemctl edit bluetooth).")
    }

    // MARK: - Version

    private struct Hole {
        let cve: String
        /// The package whose program has it.
        let package: String
        /// In what, for a person.
        let place: String
        /// Debian's first version without it, and the last upstream series that the fix was carried back to, if it was.
        let fixed: String
        var backport: (series: String, fixed: String)?
        var advice = "apt update && apt install bluez"
    }

    /// From the changelogs of Debian's bluez 5.66-1+deb12u2 and 5.82-1. That of CVE-2023-51596 names no version: the function that it was found
    /// in is upstream's as of 5.70.
    private static let holes = [
        Hole(cve: "CVE-2020-0556", package: "bluez", place: "input from devices that are not bonded", fixed: "5.50-1.1"),
        Hole(
            cve: "CVE-2023-45866", package: "bluez", place: "keystrokes from devices that nobody accepted", fixed: "5.70-1.1",
            backport: ("5.66-1", "5.66-1+deb12u1")),
        Hole(cve: "CVE-2023-27349", package: "bluez", place: "AVRCP", fixed: "5.66-1+deb12u2"),
        Hole(
            cve: "CVE-2023-51596", package: "bluez-obexd", place: "the phone book client", fixed: "5.70-1",
            advice: "apt remove bluez-obexd: a gateway does not need it"),
    ]

    private static let version = Check("bluez-version", .bluetooth, why: "What is near by can send what it likes: a known hole is an open one.") {
        machine in
        let elsewhere = machine.root.isEmpty ? [] : ["--root=\(machine.root)"]
        let answer = await machine.run(
            ["dpkg-query"] + elsewhere
                + ["--show", "--showformat=${Package} ${db:Status-Status} ${Version}\\n", "bluez", "bluez-obexd"])
        guard answer.status != nil else { return .unknown("dpkg-query cannot be run: \(answer.complaint)", "Judge the version of BlueZ by hand.") }
        var installed: [String: String] = [:]
        for line in answer.output.split(separator: "\n") {
            let words = line.split(separator: " ").map(String.init)
            if words.count == 3, words[1] == "installed" { installed[words[0]] = words[2] }
        }
        guard let bluez = installed["bluez"] else {
            return .trouble("The package bluez is not installed.", "apt install bluez", mending: [])
        }
        var open: [Hole] = []
        for hole in holes {
            guard let version = installed[hole.package] else { continue }
            guard let isOpen = await has(hole, version, machine) else {
                return .unknown("The version \(version) of \(hole.package) cannot be compared.", "Judge it by hand: apt policy \(hole.package)")
            }
            if isOpen { open.append(hole) }
        }
        let shown = "bluez \(bluez)"
        guard !open.isEmpty else { return .fine(shown + ": none of the known holes.") }
        let names = open.map { "\($0.cve) (\($0.place))" }.joined(separator: ", ")
        let advice = open.map(\.advice).reduce(into: [String]()) { if !$0.contains($1) { $0.append($1) } }
        return .trouble("\(shown) has \(names).", advice.joined(separator: "; ") + ".")
    }

    private static func has(_ hole: Hole, _ version: String, _ machine: Machine) async -> Bool? {
        if let backport = hole.backport {
            guard let isSeries = await isBelow(version, backport.series + "+deb99", machine),
                let isOld = await isBelow(version, backport.fixed, machine)
            else { return nil }
            if isSeries { return isOld }
        }
        return await isBelow(version, hole.fixed, machine)
    }

    /// Debian's order of versions is dpkg's.
    private static func isBelow(_ version: String, _ other: String, _ machine: Machine) async -> Bool? {
        switch await machine.run(["dpkg", "--compare-versions", version, "lt", other]).status {
        case 0: true
        case 1: false
        default: nil
        }
    }

    // MARK: - The lock

    private static let lockFile = "/etc/dbus-1/system-local.conf"

    private static let lock = Check(
        "bus-lock", .bluetooth, why: "Otherwise every program on the box may command the radio, pair, and overhear what cards notify."
    ) { machine in
        let remedy = "Install earshot-appliance: it locks org.bluez to root and earshot."
        let policy: BusPolicy
        switch BusPolicy.read(lockFile, on: machine) {
        case .text(let text): policy = BusPolicy(text)
        case .missing: return .trouble("org.bluez is open to every user: there is no \(lockFile).", remedy)
        case .denied: return Finding.needsRoot
        case .failed(let reason): return .unknown(reason, remedy)
        }
        guard policy.locks("org.bluez") else { return .trouble("org.bluez is open to every user: \(lockFile) does not deny it.", remedy) }
        guard policy.admits("earshot", to: "org.bluez") else {
            return .trouble("org.bluez is closed to earshot, too: \(lockFile) has no allow for it.", remedy)
        }
        guard machine.isRoot, case .objects = await machine.host() else { return .fine("org.bluez is locked by \(lockFile).") }
        // The file is what somebody wants; whether dbus-daemon has read it shows only so.
        let probe = await machine.run([
            "runuser", "-u", "nobody", "--", "busctl", "--system", "--timeout=5", "call", "org.bluez", "/", "org.freedesktop.DBus.Introspectable",
            "Introspect",
        ])
        guard probe.status == 0 else {
            return .fine("org.bluez is locked by \(lockFile)" + (probe.isRefusal ? ", and refuses the user nobody." : "."))
        }
        return .trouble(
            "\(lockFile) locks org.bluez, but the user nobody is still let in: dbus-daemon has not read it.", "systemctl reload dbus",
            mending: [.run(["systemctl", "reload", "dbus.service"])])
    }
}

extension ProgramAnswer {
    fileprivate var isRefusal: Bool { error.contains("denied") || error.contains("not authorized") || error.contains("AccessDenied") }
}
