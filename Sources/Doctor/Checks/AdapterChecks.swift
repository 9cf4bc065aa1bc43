internal import DBus
internal import Daemon

/// The radio and what the kernel does with it.
enum AdapterChecks {
    static let all = [adapter, power, role, ControllerCheck.controller, block, sleep, kernel]

    private static let interface = "org.bluez.Adapter1"

    private struct Adapter {
        let name: String
        let properties: [String: DBusValue]

        var address: String { properties["Address"]?.asString ?? "?" }
    }

    /// - Returns: nil when org.bluez does not answer this user: other checks say why.
    private static func adapters(_ machine: Machine) async -> [Adapter]? {
        guard case .objects(let objects) = await machine.host() else { return nil }
        return objects.compactMap { object in
            object.interfaces[interface].map { Adapter(name: object.path.split(separator: "/").last.map(String.init) ?? object.path, properties: $0) }
        }
    }

    private static let noHost = Finding.unknown("bluetoothd does not answer this user.", "See bluetoothd above; or run it with sudo.")

    private static let adapter = Check("adapter", .bluetooth, why: "Cards are met by radio.") { machine in
        guard let adapters = await adapters(machine) else { return noHost }
        guard !adapters.isEmpty else {
            let inKernel = machine.list("/sys/class/bluetooth")
            return .trouble(
                inKernel.isEmpty ? "No Bluetooth adapter is there." : "The kernel has \(inKernel.joined(separator: ", ")), bluetoothd does not.",
                inKernel.isEmpty ? "Plug one in. It is there and not seen? dmesg tells of missing firmware." : "systemctl restart bluetooth")
        }
        let shown = adapters.map { "\($0.name) \($0.address)" }.joined(separator: ", ")
        if case .success(let configuration) = machine.configuration() {
            let known = Set(adapters.map { $0.address.uppercased() })
            let missing = configuration.radio.adapters.filter { !known.contains($0.uppercased()) }
            guard missing.isEmpty else {
                return .trouble(
                    "\(shown); \(missing.joined(separator: ", ")) is configured and not there.",
                    "Plug it in, or mend [radio] adapters in earshot.toml.")
            }
        }
        return .fine(shown)
    }

    private static let power = Check("adapter-power", .bluetooth, why: "An adapter that is off hears nothing.") { machine in
        guard let adapters = await adapters(machine) else { return noHost }
        let off = adapters.filter { $0.properties["Powered"]?.asBoolean == false }
        guard !off.isEmpty else { return adapters.isEmpty ? .unknown("There is no adapter.", "See adapter above.") : .fine("On.") }
        return .trouble(
            "Off: \(off.map(\.name).joined(separator: ", ")).", "earshotd switches it on by itself, unless rfkill or another program keeps it off.",
            mending: off.map {
                .run([
                    "busctl", "--system", "set-property", "org.bluez", "/org/bluez/\($0.name)", interface, "Powered", "b", "true",
                ])
            })
    }

    private static let role = Check("adapter-le", .bluetooth, why: "Cards speak Bluetooth LE: the adapter must be able to connect to them.") {
        machine in
        guard let adapters = await adapters(machine) else { return noHost }
        let unable = adapters.filter { $0.properties["Roles"]?.asStrings?.contains("central") == false }
        guard !unable.isEmpty else { return adapters.isEmpty ? .unknown("There is no adapter.", "See adapter above.") : .fine("LE central.") }
        return .trouble("No LE central: \(unable.map(\.name).joined(separator: ", ")).", "Use an adapter with Bluetooth 4.2 or later.")
    }

    private static let block = Check("rfkill", .bluetooth, why: "A blocked radio is off, whatever bluetoothd says.") { machine in
        let switches = machine.list("/sys/class/rfkill").map { "/sys/class/rfkill/\($0)" }
            .filter { machine.read($0 + "/type").text == "bluetooth\n" }
        func names(_ paths: [String]) -> String {
            paths.map { (machine.read($0 + "/name").text ?? $0).filter { !$0.isNewline } }.joined(separator: ", ")
        }
        let hard = switches.filter { machine.read($0 + "/hard").text == "1\n" }
        guard hard.isEmpty else {
            return .trouble("Blocked by a switch of the machine: \(names(hard)).", "Switch it on: a key, a slider, or the firmware's settings.")
        }
        let soft = switches.filter { machine.read($0 + "/soft").text == "1\n" }
        guard !soft.isEmpty else { return .fine(switches.isEmpty ? "Nothing blocks Bluetooth here." : "Not blocked.") }
        return .trouble("Blocked by software: \(names(soft)).", "rfkill unblock bluetooth", mending: soft.map { .write("0", to: $0 + "/soft") })
    }

    private static let sleep = Check("usb-power", .bluetooth, why: "An adapter that the kernel puts to sleep hears no card.") { machine in
        let files = machine.list("/sys/class/bluetooth").filter { !$0.contains(":") }
            .map { (adapter: $0, file: "/sys/class/bluetooth/\($0)/device/../power/control") }
        let awake = files.filter { machine.read($0.file).text == "on\n" }
        let asleep = files.filter {
            machine.read($0.file).text == "auto\n" && machine.exists("/sys/class/bluetooth/\($0.adapter)/device/../idVendor")
        }
        guard !asleep.isEmpty else { return .fine(awake.isEmpty ? "No adapter on USB." : "Autosuspend is off.") }
        return .trouble(
            "Autosuspend is on for \(asleep.map(\.adapter).joined(separator: ", ")).",
            "Plug it in anew: Earshot's udev rule switches it off. The rule is missing? Reinstall earshot.",
            mending: asleep.map { .write("on", to: $0.file) })
    }

    /// What pairing needs of the kernel (Security Manager: AES-CMAC, ECDH on P-256), by the names of the modules.
    private static let modules = ["bluetooth", "cmac", "ecdh_generic", "ecc", "ctr", "drbg"]

    private static let kernel = Check(
        "kernel-crypto", .bluetooth, why: "Without these pairing seems to succeed and leaves the link unencrypted."
    ) { machine in
        guard let release = machine.read("/proc/sys/kernel/osrelease").text?.filter({ !$0.isNewline }) else {
            return .unknown("The kernel's version cannot be read.", "Run it with sudo.")
        }
        let folder = "/lib/modules/\(release)"
        let lists = ["modules.builtin", "modules.dep"].compactMap { machine.read("\(folder)/\($0)", limit: 16 << 20).text }
        let known = Set(
            lists.joined(separator: "\n").split(separator: "\n").compactMap { line in
                line.prefix { $0 != ":" }.split(separator: "/").last.map { String($0.prefix { $0 != "." }).replacing("-", with: "_") }
            })
        let missing = modules.filter { !known.contains($0) && !machine.exists("/sys/module/\($0)") }
        guard !missing.isEmpty else { return .fine("Linux \(release) has what pairing needs.") }
        return .trouble(
            "Linux \(release) has no module \(missing.joined(separator: ", ")).",
            "Install the kernel's own package of modules (linux-image-amd64), and restart.")
    }
}
