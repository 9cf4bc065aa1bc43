/// What a configuration file of dbus-daemon says about org.bluez. Of XML it reads as much as such files use.
struct BusPolicy {
    private struct Rule {
        let allows: Bool
        let attributes: [String: String]
    }

    /// By the attribute that says whom it concerns: `context=default`, `user=earshot`.
    private var rules: [String: [Rule]] = [:]

    /// A file, with those that it includes in their places.
    static func read(_ path: String, on machine: Machine) -> Machine.Reading {
        read(path, on: machine, depth: 0)
    }

    private static func read(_ path: String, on machine: Machine, depth: Int) -> Machine.Reading {
        guard case .text(let text) = machine.read(path) else { return machine.read(path) }
        let plain = text.replacing(/<!--(?:.|\n)*?-->/, with: "")
        guard depth < 4 else { return .text(plain) }
        return .text(
            plain.replacing(/<include[^>]*>\s*([^<]+?)\s*<\/include>/) { (match: Regex<(Substring, Substring)>.Match) -> String in
                let folder = path[...(path.lastIndex(of: "/") ?? path.startIndex)]
                let inner = match.output.1.hasPrefix("/") ? String(match.output.1) : String(folder + match.output.1)
                return read(inner, on: machine, depth: depth + 1).text ?? ""
            })
    }

    init(_ text: String) {
        var subject: String?
        for tag in Self.tags(text) {
            let (name, attributes) = Self.parts(tag)
            switch name {
            case "policy":
                subject = ["context", "user", "group"].lazy.compactMap { key in attributes[key].map { "\(key)=\($0)" } }.first
            case "/policy": subject = nil
            case "allow", "deny":
                if let subject { rules[subject, default: []].append(Rule(allows: name == "allow", attributes: attributes)) }
            default: break
            }
        }
    }

    /// Whether everybody is kept from both calling a service and hearing its signals: also the group that Debian lets in.
    func locks(_ service: String) -> Bool {
        Self.ways.allSatisfy { way in last("context=default", way, service) == false && last("group=bluetooth", way, service) == false }
    }

    /// Whether a user may call it all the same, and hear it.
    func admits(_ user: String, to service: String) -> Bool {
        Self.ways.allSatisfy { way in (last("user=\(user)", way, service) ?? last("group=\(user)", way, service)) == true }
    }

    private static let ways = ["send_destination", "receive_sender"]

    /// The last rule counts. One that has further conditions locks only a part.
    private func last(_ subject: String, _ way: String, _ service: String) -> Bool? {
        rules[subject]?.last { $0.attributes == [way: service] }?.allows
    }

    /// What stands between angle brackets.
    private static func tags(_ text: String) -> [Substring] {
        text.split(separator: "<").dropFirst().compactMap { piece in piece.firstIndex(of: ">").map { piece[..<$0] } }
    }

    private static func parts(_ tag: Substring) -> (name: String, attributes: [String: String]) {
        var rest = tag.drop(while: \.isWhitespace)
        let name = rest.prefix { !$0.isWhitespace && ($0 != "/" || rest.first == "/") }
        rest = rest[name.endIndex...]
        var attributes: [String: String] = [:]
        while let sign = rest.firstIndex(of: "=") {
            let key = rest[..<sign].filter { !$0.isWhitespace }
            guard let open = rest[sign...].firstIndex(where: { $0 == "\"" || $0 == "'" }),
                let close = rest[rest.index(after: open)...].firstIndex(of: rest[open])
            else { break }
            attributes[String(key)] = String(rest[rest.index(after: open)..<close])
            rest = rest[rest.index(after: close)...]
        }
        return (String(name), attributes)
    }
}
