/// How bluetoothd runs here: the options of its process, and the file of settings that they name.
struct BluetoothdSettings {
    /// Its settings by "Group.Key", as the last line of each says.
    let values: [String: String]
    /// Plugins that it was told not to load.
    let withoutPlugins: Set<String>
    let file: String

    private static let standardFile = "/etc/bluetooth/main.conf"

    /// - Returns: nil when it cannot be known: no bluetoothd, or a file that this user may not read.
    static func find(on machine: Machine) async -> BluetoothdSettings? {
        guard let arguments = await arguments(on: machine) else { return nil }
        let file = option(["-f", "--configfile"], in: arguments).last ?? standardFile
        let plugins = option(["-P", "--noplugin"], in: arguments).flatMap { $0.split(separator: ",").map(String.init) }
        let text: String
        switch machine.read(file) {
        case .text(let found): text = found
        case .missing: text = ""
        case .denied, .failed: return nil
        }
        return BluetoothdSettings(values: KeyFile.parse(text), withoutPlugins: Set(plugins), file: file)
    }

    /// Those of the process that runs; else of the one that the unit would start.
    private static func arguments(on machine: Machine) async -> [String]? {
        for process in machine.list("/proc") where process.utf8.allSatisfy({ (0x30...0x39).contains($0) }) {
            guard machine.read("/proc/\(process)/comm").text == "bluetoothd\n", let line = machine.read("/proc/\(process)/cmdline").text else {
                continue
            }
            return line.split(separator: "\0").dropFirst().map(String.init)
        }
        // { path=… ; argv[]=/usr/libexec/bluetooth/bluetoothd -f FILE ; ignore_errors=no ; … }
        let answer = await machine.run(["systemctl", "show", "--property=ExecStart", "--value", "bluetooth.service"])
        guard answer.status == 0, let start = answer.output.firstRange(of: "argv[]=") else { return nil }
        let rest = answer.output[start.upperBound...]
        let line = rest[..<(rest.firstRange(of: " ; ")?.lowerBound ?? rest.endIndex)]
        return line.split(separator: " ").dropFirst().map(String.init)
    }

    /// The values of an option, written `-f VALUE`, `-fVALUE`, `--configfile VALUE` or `--configfile=VALUE`.
    private static func option(_ names: [String], in arguments: [String]) -> [String] {
        var values: [String] = []
        for (index, argument) in arguments.enumerated() {
            for name in names {
                if argument == name, index + 1 < arguments.count {
                    values.append(arguments[index + 1])
                } else if argument.hasPrefix(name + "=") {
                    values.append(String(argument.dropFirst(name.count + 1)))
                } else if !name.hasPrefix("--"), argument.hasPrefix(name), argument.count > name.count {
                    values.append(String(argument.dropFirst(name.count)))
                }
            }
        }
        return values
    }
}
