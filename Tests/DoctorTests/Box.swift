import DBus
import Daemon
import Doctor
import EventLoop
import Foundation
import GATT
import GatewayAPI
import HCI
import Recordings
import Subprocess
import Synchronization
import SystemPackage
import TestSupport

/// A box on which all is well, as a tree of files and answers of programs; each test spoils something.
struct Box {
    let root: String
    /// By the beginning of the command line; the longest that fits counts.
    var answers: [String: ProgramAnswer] = [:]
    var host: HostAnswer
    var gateway: GatewayAnswer
    var controllers: Result<[AdapterFacts], AdapterFactsError> = .success([Self.controller()])
    var isRoot = true
    let asked = Commands()

    static let state = "/var/lib/earshot"
    static let adapterAddress = "00:1A:7D:DA:71:13"
    static let cardAddress = "C0:11:22:33:44:55"

    /// What was run.
    final class Commands: Sendable {
        private let list = Mutex<[String]>([])
        var all: [String] { list.withLock { $0 } }
        func add(_ words: [String]) { list.withLock { $0.append(words.joined(separator: " ")) } }
    }

    /// Lends a box; its tree is deleted afterwards.
    static func lend<R>(_ body: (inout Box) async throws -> R) async throws -> R {
        let root = "/tmp/es-box-" + UUID().uuidString.prefix(8)
        defer { try? FileManager.default.removeItem(atPath: root) }
        var box = Box(root: root, host: .objects([adapter()]), gateway: .status(status()))
        try box.furnish()
        return try await body(&box)
    }

    var machine: Machine {
        let (answers, host, gateway, controllers, asked) = (answers, host, gateway, controllers, asked)
        return Machine(
            root: root,
            places: Places(state: Self.state, run: "/run/earshot", configuration: "/etc/earshot/earshot.toml", environment: [:]), isRoot: isRoot,
            run: { words in
                asked.add(words)
                // Debian's order of versions and its list of packages are dpkg's own business.
                if words[0].hasPrefix("dpkg") { return await Self.really(words) }
                let line = words.joined(separator: " ")
                let key = answers.keys.filter { line.hasPrefix($0) }.max { $0.count < $1.count }
                return key.flatMap { answers[$0] } ?? ProgramAnswer(status: 127, error: "\(words[0]): not scripted")
            },
            host: { host }, gateway: { gateway }, controllers: { controllers })
    }

    func look(_ name: String) async throws -> Finding {
        let check = try require(Check.all.first { $0.name == name })
        return await Examination(machine, executor: try BlockingThread(name: "doctor")).look(check)
    }

    func mend(_ finding: Finding) async throws -> String? {
        await Examination(machine, executor: try BlockingThread(name: "doctor")).mend(finding.mending)
    }

    private static func really(_ words: [String]) async -> ProgramAnswer {
        do {
            let result = try await Subprocess.run(
                .name(words[0]), arguments: Arguments(Array(words.dropFirst())), input: .none, output: .string(limit: 1 << 20),
                error: .string(limit: 1 << 16))
            guard case .exited(let code) = result.terminationStatus else { return ProgramAnswer(status: nil) }
            return ProgramAnswer(status: Int(code), output: result.standardOutput, error: result.standardError)
        } catch { return ProgramAnswer(status: nil, error: "\(error)") }
    }

    // MARK: - Its tree

    func write(_ path: String, _ text: String) throws {
        try folder((path as NSString).deletingLastPathComponent)
        try? FileManager.default.removeItem(atPath: root + path)
        try Data(text.utf8).write(to: URL(filePath: root + path))
    }

    func read(_ path: String) -> String? { FileManager.default.contents(atPath: root + path).map { String(decoding: $0, as: UTF8.self) } }

    func folder(_ path: String, mode: Int? = nil) throws {
        try FileManager.default.createDirectory(atPath: root + path, withIntermediateDirectories: true)
        if let mode { try self.mode(mode, path) }
    }

    func mode(_ mode: Int, _ path: String) throws { try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: root + path) }

    func modeOf(_ path: String) -> Int? { (try? FileManager.default.attributesOfItem(atPath: root + path))?[.posixPermissions] as? Int }

    func remove(_ path: String) throws { try FileManager.default.removeItem(atPath: root + path) }

    func link(_ path: String, to target: String) throws {
        try folder((path as NSString).deletingLastPathComponent)
        try? FileManager.default.removeItem(atPath: root + path)
        try FileManager.default.createSymbolicLink(atPath: root + path, withDestinationPath: target)
    }

    func packages(_ versions: [String: String]) throws {
        try write(
            "/var/lib/dpkg/status",
            versions.sorted { $0.key < $1.key }.map { name, version in
                """
                Package: \(name)
                Status: install ok installed
                Maintainer: Nobody <nobody@example.com>
                Architecture: amd64
                Version: \(version)
                Description: a package

                """
            }.joined(separator: "\n"))
    }

    /// - Parameter key: the kernel's number for how it was agreed on: 3 is Secure Connections with a passkey or a comparison.
    func bond(_ peer: String, name: String, key: String = "Authenticated=3") throws {
        try write(
            "/var/lib/bluetooth/\(Self.adapterAddress)/\(peer)/info",
            "[General]\nName=\(name)\nAddressType=static\n\n[LongTermKey]\nKey=00112233445566778899AABBCCDDEEFF\n\(key)\n")
    }

    /// Has a folder watched, which the unit may use; `made`: and is there.
    mutating func watch(_ path: String, then: String = "leave", made: Bool = false) throws {
        try write("/etc/earshot/earshot.toml", "[[import.watch]]\nfolder = \"\(path)\"\nthen = \"\(then)\"\n")
        if made { try folder(path) }
        answers["systemctl show --property=ActiveState,UnitFileState,ReadWritePaths"] = Self.importUnit("active")
        answers["runuser -u earshot-import -- test"] = ProgramAnswer(status: 0)
    }

    static func importUnit(_ state: String) -> ProgramAnswer {
        ProgramAnswer(status: 0, output: "ReadWritePaths=-/srv/earshot-import\nActiveState=\(state)\nUnitFileState=enabled\n")
    }

    func cards(_ rows: String) throws {
        try write(
            Self.state + "/cards.json",
            #"{"gateway":"gw_0","rows":{"schema":4,"crc32c":"00000000","extracts":["#
                + #"{"table":"card","key":{"id":"crd_0"},"revision":1,"rows":[\#(rows)]}]}}"#
        )
    }

    /// What includes the policy, as an administrator's file may.
    static let local = """
        <!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
          "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
        <!-- Made by earshot-appliance, and removed with it. -->
        <busconfig>
        <include ignore_missing="yes">/usr/share/earshot-appliance/bus.conf</include><!-- earshot-appliance -->
        </busconfig>
        """

    static let lock = """
        <busconfig>
          <!-- <policy context="default"><allow send_destination="org.bluez"/></policy>
               <include>/nowhere</include> -->
          <policy context="default">
            <deny send_destination="org.bluez"/>
            <deny receive_sender='org.bluez' />
          </policy>
          <policy group="bluetooth">
            <deny send_destination="org.bluez"/>
            <deny receive_sender="org.bluez"/>
          </policy>
          <policy user="earshot">
            <allow send_destination="org.bluez"/>
            <allow receive_sender="org.bluez"/>
          </policy>
        </busconfig>
        """

    static func controller(
        _ name: String = "hci0", number: UInt8 = 9,
        lowEnergy: Result<LowEnergyFeatures, AdapterFactsError> = .success([.encryption, .longPackets, .privacy, .phy2M])
    ) -> AdapterFacts {
        AdapterFacts(
            name: name, address: DeviceAddress(0x001A_7DDA_7113, kind: .public), isUp: true,
            version: .success(ControllerVersion(number: number, manufacturer: 2, maker: "Intel Corp.")), lowEnergy: lowEnergy)
    }

    static func adapter(powered: Bool = true, roles: [String] = ["central", "peripheral"], discoverable: Bool = false) -> HostAnswer.HostObject {
        HostAnswer.HostObject(
            path: "/org/bluez/hci0",
            interfaces: [
                "org.bluez.Adapter1": [
                    "Address": .string(adapterAddress), "Powered": .boolean(powered), "Roles": .strings(roles),
                    "Discoverable": .boolean(discoverable),
                ]
            ])
    }

    static func status(_ conditions: [ConditionMessage] = [], radioTrouble: String? = nil) -> StatusMessage {
        let now = UTCTime(milliseconds: 1_700_000_000_000)
        return StatusMessage(
            gateway: "gw_0", name: "hq", version: "0.1", now: now, started: now, timeZone: "UTC", adapters: [], radioTrouble: radioTrouble, cards: 1,
            recordings: [:], deliveries: 0, queues: [], disk: DiskMessage(free: 1 << 40, reserve: 1 << 30), conditions: conditions, lastEvent: 0)
    }

    static func units(_ change: (String) -> String = { $0 }) -> ProgramAnswer {
        let blocks = ["earshotd.service", "earshot-worker@decode.service", "earshot-upload.service"].map { unit in
            change("Result=success\nNRestarts=0\nId=\(unit)\nLoadState=loaded\nActiveState=active\nSubState=running\nUnitFileState=enabled\n")
        }
        return ProgramAnswer(status: 0, output: blocks.joined(separator: "\n"))
    }

    private mutating func furnish() throws {
        try write(
            "/etc/passwd",
            "root:x:0:0:root:/root:/bin/bash\nearshot:x:\(getuid()):\(getgid())::\(Self.state):/usr/sbin/nologin\n"
                + "earshot-uploader:x:65532:65532::/:/usr/sbin/nologin\n")
        try write("/etc/group", "earshot:x:\(getgid()):anna\nearshot-read:x:\(getgid()):earshot\nearshot-delivered:x:\(getgid()):\n")
        try packages(["bluez": "5.66-1+deb12u2"])
        try write("/etc/bluetooth/main.conf", "[General]\n#ControllerMode = dual\n[Policy]\nAutoEnable=true\n")
        try write(
            "/etc/earshot/bluetooth.conf",
            "[General]\nControllerMode = le\nJustWorksRepairing = never\nSecureConnections=only\n\n[GATT]\n# three is the default\nChannels = 1\n")
        try write("/proc/1/comm", "systemd\n")
        try write("/proc/700/comm", "bluetoothd\n")
        try write(
            "/proc/700/cmdline", "/usr/libexec/bluetooth/bluetoothd\0--configfile=/etc/earshot/bluetooth.conf\0--noplugin=a2dp,avrcp,hog,input\0")
        try write("/proc/sys/kernel/osrelease", "6.1.0-1-amd64\n")
        try write(
            "/lib/modules/6.1.0-1-amd64/modules.dep",
            ["net/bluetooth/bluetooth", "crypto/cmac", "crypto/ecdh_generic", "crypto/ecc", "crypto/ctr"].map { "kernel/\($0).ko: \n" }.joined())
        try write("/lib/modules/6.1.0-1-amd64/modules.builtin", "kernel/crypto/drbg.ko\n")
        try write("/proc/self/mountinfo", "22 1 254:1 / / rw,relatime - ext4 /dev/mapper/vg-root rw\n23 22 0:5 / /proc rw - proc proc rw\n")
        try write("/sys/dev/block/254:1/dm/uuid", "LVM-abc\n")
        try folder("/sys/dev/block/254:1/slaves/dm-0")
        try write("/sys/class/block/dm-0/dev", "254:0\n")
        try write("/sys/dev/block/254:0/dm/uuid", "CRYPT-LUKS2-0123-vg\n")
        try write("/etc/dbus-1/system-local.conf", Self.local)
        try write("/usr/share/earshot-appliance/bus.conf", Self.lock)
        for (name, value) in [("type", "bluetooth"), ("soft", "0"), ("hard", "0"), ("name", "hci0")] {
            try write("/sys/class/rfkill/rfkill0/\(name)", value + "\n")
        }
        try write("/sys/devices/usb1/1-2/power/control", "on\n")
        try write("/sys/devices/usb1/1-2/idVendor", "0a12\n")
        try folder("/sys/devices/usb1/1-2/1-2:1.0/bluetooth/hci0")
        try link("/sys/devices/usb1/1-2/1-2:1.0/bluetooth/hci0/device", to: "../../../1-2:1.0")
        try link("/sys/class/bluetooth/hci0", to: "../../devices/usb1/1-2/1-2:1.0/bluetooth/hci0")
        try folder(Self.state, mode: 0o700)
        try bond(Self.cardAddress, name: "Recorder")
        try cards(#"{"id":"crd_0","name":"anna","adapter":"\#(Self.adapterAddress)","peer":"\#(Self.cardAddress)","paired_at":1,"method":"passkey"}"#)
        try write("/etc/earshot/earshot.toml", "[gateway]\nname = \"hq\"\ntime_zone = \"Europe/Berlin\"\n[storage]\nreserve = \"1 MiB\"\n")
        try link("/etc/localtime", to: "/usr/share/zoneinfo/Europe/Berlin")
        try folder("/run/earshot", mode: 0o755)
        for (name, mode) in [("control", 0o750), ("read", 0o750), ("agents", 0o755), ("tokens", 0o700)] {
            try folder("/run/earshot/\(name)", mode: mode)
            if name != "tokens" { try socket("/run/earshot/\(name)/api.sock") }
        }
        try folder("/var/log/journal")
        answers["systemctl show --property=Id"] = Self.units()
        answers["timedatectl show"] = ProgramAnswer(status: 0, output: "CanNTP=yes\nNTP=yes\nNTPSynchronized=yes\n")
        answers["runuser -u nobody -- busctl"] = ProgramAnswer(status: 1, error: "Call failed: Access denied\n")
    }

    private func socket(_ path: String) throws {
        let descriptor = Glibc.socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let bytes = Array((root + path).utf8)
        unsafe withUnsafeMutableBytes(of: &address.sun_path) { unsafe $0.copyBytes(from: bytes) }
        let status = unsafe withUnsafePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        guard status == 0 else { throw Missing() }
        try mode(0o666, path)
    }
}

struct Missing: Error {}

func require<Value>(_ value: Value?) throws -> Value {
    guard let value else { throw Missing() }
    return value
}
