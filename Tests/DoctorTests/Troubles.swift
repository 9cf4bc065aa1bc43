import Doctor
import Foundation
import GatewayAPI
import HCI
import Recordings

extension DoctorTests {
    private static let policy = "/usr/share/earshot-appliance/bus.conf"
    private static let settings = "/etc/earshot/bluetooth.conf"

    private static func replace(_ box: Box, _ path: String, _ old: String, _ new: String) throws {
        try box.write(path, try require(box.read(path)).replacing(old, with: new))
    }

    static let troubles: [Trouble] = [
        // MARK: bluetoothd
        Trouble("bluetoothd", "Nobody has the name", canMend: true) { $0.host = .absent },
        Trouble("bluetoothd", "system bus does not answer") { $0.host = .noBus(reason: "no socket") },
        Trouble("bluez-version", "CVE-2023-51596") { try $0.packages(["bluez": "5.66-1+deb12u2", "bluez-obexd": "5.66-1+deb12u2"]) },
        Trouble("bluez-version", "not installed") { try $0.packages(["dbus": "1.14"]) },
        Trouble("bluez-mode", "ControllerMode = dual (its default)") { try replace($0, settings, "ControllerMode = le", "#") },
        Trouble("bluez-mode", "/etc/bluetooth/main.conf") { try $0.write("/proc/700/cmdline", "/usr/libexec/bluetooth/bluetoothd\0") },
        Trouble("bluez-mode", .unknown, "cannot be read") { try $0.remove("/proc/700") },
        Trouble("bluez-mode", "ControllerMode = bredr") {
            try $0.remove("/proc/700")
            try $0.write("/etc/x.conf", "[General]\nControllerMode=bredr\n")
            $0.answers["systemctl show --property=ExecStart"] = ProgramAnswer(
                status: 0, output: "{ path=/b ; argv[]=/b --configfile=/etc/x.conf ; ignore_errors=no ; start_time=[n/a] }\n")
        },
        Trouble("bluez-just-works", "JustWorksRepairing = always") { try replace($0, settings, "= never", "= always") },
        Trouble("bluez-secure-connections", "SecureConnections = off") { try replace($0, settings, "=only", "=off") },
        Trouble("bluez-channels", "Channels = 3") { try replace($0, settings, "Channels = 1", "Channels = 3") },
        Trouble("bluez-channels", "Channels = 3 (its default)") { try replace($0, settings, "Channels = 1", "") },
        Trouble("bluez-cache", .advice, "Cache = no") { try replace($0, settings, "Channels = 1", "Channels = 1\nCache = no") },
        Trouble("bluez-plugins", "On: avrcp.") { try replace($0, "/proc/700/cmdline", "avrcp,", "") },
        Trouble("bus-lock", "there is no /etc/dbus-1/system-local.conf") { try $0.remove("/etc/dbus-1/system-local.conf") },
        Trouble("bus-lock", "does not deny it") { try $0.remove(policy) },
        Trouble("bus-lock", "does not deny it") { try replace($0, policy, "<deny receive_sender='org.bluez' />", "") },
        Trouble("bus-lock", "does not deny it") { try replace($0, policy, "group=\"bluetooth\"", "group=\"other\"") },
        Trouble("bus-lock", "does not deny it") {
            try replace($0, policy, "<deny send_destination=\"org.bluez\"/>", "<deny send_destination=\"org.bluez\" send_member=\"x\"/>")
        },
        Trouble("bus-lock", "closed to earshot") { try replace($0, policy, "user=\"earshot\"", "user=\"eva\"") },
        Trouble("bus-lock", "dbus-daemon has not read it", canMend: true) {
            $0.answers["runuser -u nobody -- busctl"] = ProgramAnswer(status: 0, output: "s \"<node/>\"")
        },

        // MARK: the adapter
        Trouble("adapter", "No Bluetooth adapter") {
            $0.host = .objects([])
            try $0.remove("/sys/class/bluetooth/hci0")
        },
        Trouble("adapter", "The kernel has hci0") { $0.host = .objects([]) },
        Trouble("adapter", "AA:BB:CC:DD:EE:FF is configured and not there") {
            try $0.write("/etc/earshot/earshot.toml", "[radio]\nadapters = [\"AA:BB:CC:DD:EE:FF\"]\n")
        },
        Trouble("adapter", .unknown, "does not answer") { $0.host = .refused(reason: "no") },
        Trouble("adapter-power", "Off: hci0", canMend: true) { $0.host = .objects([Box.adapter(powered: false)]) },
        Trouble("adapter-le", "No LE central: hci0") { $0.host = .objects([Box.adapter(roles: ["peripheral"])]) },
        Trouble("controller", "hci0 does not answer the kernel") {
            let silent = Box.controller()
            $0.controllers = .success([
                AdapterFacts(name: "hci0", address: silent.address, isUp: true, version: .failure(.noAnswer), lowEnergy: .failure(.noAnswer))
            ])
        },
        Trouble("controller", "hci1 is Bluetooth 3.0 by Intel Corp., which has no Low Energy") {
            $0.controllers = .success([Box.controller(), Box.controller("hci1", number: 5)])
        },
        Trouble("controller", "hci0 is Bluetooth 5.0 by Intel Corp., and cannot encrypt") {
            $0.controllers = .success([Box.controller(lowEnergy: .success([.longPackets, .phy2M]))])
        },
        Trouble("controller", .advice, "Bluetooth 4.0 by Intel Corp., without 251-byte packets and 2M PHY") {
            $0.controllers = .success([Box.controller(number: 6, lowEnergy: .success([.encryption]))])
        },
        Trouble("controller", .unknown, "hci0 is off") {
            let silent = Box.controller()
            $0.controllers = .success([
                AdapterFacts(name: "hci0", address: silent.address, isUp: false, version: .failure(.down), lowEnergy: .failure(.down))
            ])
        },
        Trouble("controller", .unknown, "Only root can see this") {
            $0.controllers = .success([Box.controller(lowEnergy: .failure(.notPermitted))])
        },
        Trouble("controller", .unknown, "The kernel has no adapter") { $0.controllers = .success([]) },
        Trouble("controller", .unknown, "There is no Bluetooth here") { $0.controllers = .failure(.noBluetooth) },
        Trouble("rfkill", "Blocked by software: hci0", canMend: true) { try $0.write("/sys/class/rfkill/rfkill0/soft", "1\n") },
        Trouble("rfkill", "switch of the machine") { try $0.write("/sys/class/rfkill/rfkill0/hard", "1\n") },
        Trouble("usb-power", "Autosuspend is on for hci0", canMend: true) { try $0.write("/sys/devices/usb1/1-2/power/control", "auto\n") },
        Trouble("kernel-crypto", "no module cmac, drbg") {
            try $0.remove("/lib/modules/6.1.0-1-amd64/modules.builtin")
            try replace($0, "/lib/modules/6.1.0-1-amd64/modules.dep", "crypto/cmac", "crypto/other")
        },

        // MARK: pairing
        Trouble("agent", "bluetoothctl (process 812)") { try $0.write("/proc/812/comm", "bluetoothctl\n") },
        Trouble("discoverable", "hci0", canMend: true) { $0.host = .objects([Box.adapter(discoverable: true)]) },
        Trouble("bonds", #"11:22:33:44:55:66 (Key\u{1b}board)"#) { try $0.bond("11:22:33:44:55:66", name: "Key\u{1B}board") },
        Trouble("bonds", "Not made by Earshot") {
            // A forgotten card's bond is nobody's any more.
            try $0.cards(
                #"{"id":"crd_0","name":"anna","adapter":"\#(Box.adapterAddress)","peer":"\#(Box.cardAddress)","paired_at":1,"forgotten_at":2}"#)
        },
        Trouble("bonds", "lost the bond of anna") { try $0.remove("/var/lib/bluetooth/\(Box.adapterAddress)/\(Box.cardAddress)") },
        Trouble("bonds", "made the bond of anna anew") {
            try $0.cards(
                #"{"id":"crd_0","name":"anna","adapter":"\#(Box.adapterAddress)","peer":"\#(Box.cardAddress)","paired_at":1,"foreign_bond_at":2}"#)
        },
        Trouble("bonds", .unknown, "cannot be read") { try $0.write(Box.state + "/cards.json", "{") },
        Trouble("bond-keys", "anybody could have agreed on: anna") { try $0.bond(Box.cardAddress, name: "Recorder", key: "Authenticated=2") },
        Trouble("bond-keys", "anybody could have agreed on: anna") { try $0.bond(Box.cardAddress, name: "Recorder", key: "Authenticated=0") },
        Trouble("bond-keys", "anybody could have agreed on: anna") { try $0.bond(Box.cardAddress, name: "Recorder", key: "Authenticated=4") },
        Trouble("bond-keys", "anybody could have agreed on: anna") {
            // The other side's key alone is enough for a link.
            try $0.bond(Box.cardAddress, name: "Recorder", key: "Authenticated=3\n\n[PeripheralLongTermKey]\nAuthenticated=0")
        },
        Trouble("bond-keys", .advice, "the old way (LE Legacy Pairing): anna") {
            try $0.bond(Box.cardAddress, name: "Recorder", key: "Authenticated=1")
        },
        Trouble("bond-keys", .unknown, "does not say how strong the key of anna is") { try $0.bond(Box.cardAddress, name: "Recorder", key: "") },
        Trouble("bond-keys", .unknown, "cannot be read") { try $0.write(Box.state + "/cards.json", "{") },

        // MARK: Earshot
        Trouble("configuration", "earshot.toml:2") { try $0.write("/etc/earshot/earshot.toml", "[gateway]\nnmae = \"hq\"\n") },
        Trouble("configuration", "There is no such file") { try $0.remove("/etc/earshot/earshot.toml") },
        Trouble("configuration", "written by others", canMend: true) { try $0.mode(0o666, "/etc/earshot/earshot.toml") },
        Trouble("users", "user earshot", canMend: true) { try $0.write("/etc/passwd", "root:x:0:0::/:/bin/sh\n") },
        Trouble("users", "group earshot-read", canMend: true) { try replace($0, "/etc/group", "earshot-read", "earshot-r") },
        Trouble("state-folder", "has mode 755, not 700", canMend: true) { try $0.mode(0o755, Box.state) },
        Trouble("state-folder", "is not there") { try $0.remove(Box.state) },
        Trouble("state-folder", "not earshot:earshot", canMend: true) {
            try $0.write("/etc/passwd", "root:x:0:0::/:/bin/sh\nearshot:x:65533:65533::/:/bin/sh\n")
        },
        Trouble("run-folders", "/run/earshot/read is not there", canMend: true) { try $0.remove("/run/earshot/read") },
        Trouble("run-folders", "/run/earshot/control has mode 777", canMend: true) { try $0.mode(0o777, "/run/earshot/control") },
        Trouble("run-folders", "/run/earshot/tokens is no folder", canMend: true) {
            try $0.remove("/run/earshot/tokens")
            try $0.link("/run/earshot/tokens", to: "/etc")
        },
        Trouble("sockets", "control/api.sock is not there") { try $0.remove("/run/earshot/control/api.sock") },
        Trouble("sockets", "has mode 600") { try $0.mode(0o600, "/run/earshot/agents/api.sock") },
        Trouble("sockets", "is no socket") { try $0.write("/run/earshot/read/api.sock", "") },
        Trouble("units", "earshotd.service is failed", canMend: true) {
            $0.answers["systemctl show --property=Id"] = Box.units {
                $0.contains("earshotd") ? $0.replacing("State=active", with: "State=failed") : $0
            }
        },
        Trouble("units", "earshot-upload.service is not enabled", canMend: true) {
            $0.answers["systemctl show --property=Id"] = Box.units { $0.contains("upload") ? $0.replacing("=enabled", with: "=disabled") : $0 }
        },
        Trouble("units", "is not installed") {
            $0.answers["systemctl show --property=Id"] = Box.units { $0.replacing("=loaded", with: "=not-found") }
        },
        Trouble("units", .advice, "restarted 12 times") {
            $0.answers["systemctl show --property=Id"] = Box.units { $0.replacing("NRestarts=0", with: "NRestarts=12") }
        },
        Trouble("units", .unknown, "systemd does not answer") { $0.answers["systemctl show --property=Id"] = nil },
        Trouble("gateway", "It does not answer. No gateway listens") { $0.gateway = .silent(reason: "No gateway listens at /run/x.") },
        Trouble("gateway", "store.copies: The journal") {
            $0.gateway = .status(Box.status([ConditionMessage(name: "store.copies", detail: "The journal", since: UTCTime(milliseconds: 0))]))
        },
        Trouble("gateway", "No bluetoothd.") { $0.gateway = .status(Box.status(radioTrouble: "No bluetoothd.")) },

        Trouble("watched-folders", "/srv/dictations is not there") { try $0.watch("/srv/dictations") },
        Trouble("watched-folders", "is no folder") {
            try $0.watch("/srv/dictations")
            try $0.write("/srv/dictations", "")
        },
        Trouble("watched-folders", "sees nothing below /home") { try $0.watch("/home/eva/dictations", made: true) },
        Trouble("watched-folders", "cannot be looked into by the user earshot-import") {
            try $0.watch("/srv/dictations", made: true)
            $0.answers["runuser -u earshot-import -- test -r /srv/dictations -a -x"] = ProgramAnswer(status: 1)
        },
        Trouble("watched-folders", "may not write there") { try $0.watch("/srv/dictations", then: "move", made: true) },
        Trouble("watched-folders", "cannot be written by the user earshot-import") {
            try $0.watch("/srv/earshot-import", then: "move", made: true)
            $0.answers["runuser -u earshot-import -- test -w"] = ProgramAnswer(status: 1)
        },
        Trouble("watched-folders", "earshot-import.service is failed", canMend: true) {
            try $0.watch("/srv/earshot-import", made: true)
            $0.answers["systemctl show --property=ActiveState,UnitFileState,ReadWritePaths"] = Box.importUnit("failed")
        },
        Trouble("watched-folders", .unknown, "Only root can see this") {
            try $0.watch("/srv/earshot-import", made: true)
            $0.isRoot = false
        },
        Trouble("watched-folders", .unknown, "systemd does not answer") {
            try $0.watch("/srv/earshot-import", made: true)
            $0.answers["systemctl show --property=ActiveState,UnitFileState,ReadWritePaths"] = nil
        },
        Trouble("watched-folders", .unknown, "are not known") { try $0.write("/etc/earshot/earshot.toml", "[import\n") },

        // MARK: the box
        Trouble("disk", "pulling has stopped") { try replace($0, "/etc/earshot/earshot.toml", "1 MiB", "900 TiB") },
        Trouble("disk", .unknown, "reserve is not known") { try $0.write("/etc/earshot/earshot.toml", "[storage\n") },
        Trouble("disk-encryption", .advice, "not encrypted") { try $0.write("/sys/dev/block/254:0/dm/uuid", "LVM-other\n") },
        Trouble("clock", "Synchronisation is off", canMend: true) {
            $0.answers["timedatectl show"] = ProgramAnswer(status: 0, output: "CanNTP=yes\nNTP=no\nNTPSynchronized=no\n")
        },
        Trouble("clock", "has not come about") {
            $0.answers["timedatectl show"] = ProgramAnswer(status: 0, output: "CanNTP=yes\nNTP=yes\nNTPSynchronized=no\n")
        },
        Trouble("clock", "No program synchronises") {
            $0.answers["timedatectl show"] = ProgramAnswer(status: 0, output: "CanNTP=no\nNTP=no\nNTPSynchronized=no\n")
        },
        Trouble("clock", .advice, "trusted as it is") { try $0.write("/etc/earshot/earshot.toml", "[gateway]\nclock = \"trusted\"\n") },
        Trouble("time-zone", .advice, "the machine's zone is Asia/Tokyo") { try $0.link("/etc/localtime", to: "../usr/share/zoneinfo/Asia/Tokyo") },
        Trouble("journal", .advice, "there is no /var/log/journal", canMend: true) { try $0.remove("/var/log/journal") },
        Trouble("journal", .advice, "Storage=volatile") { try $0.write("/etc/systemd/journald.conf.d/x.conf", "[Journal]\nStorage=volatile\n") },
    ]
}
