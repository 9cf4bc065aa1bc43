/// Users and groups as /etc/passwd and /etc/group name them: those of the package stand there.
struct Accounts {
    struct User {
        let id: UInt32
        let group: UInt32
    }

    struct Group {
        let id: UInt32
        let members: [String]
    }

    private var users: [String: User] = [:]
    private var groups: [String: Group] = [:]

    init(_ machine: Machine) {
        for fields in Self.lines(machine.read("/etc/passwd").text) where fields.count >= 4 {
            if let id = UInt32(fields[2]), let group = UInt32(fields[3]) { users[fields[0]] = User(id: id, group: group) }
        }
        for fields in Self.lines(machine.read("/etc/group").text) where fields.count >= 4 {
            if let id = UInt32(fields[2]) { groups[fields[0]] = Group(id: id, members: fields[3].split(separator: ",").map(String.init)) }
        }
    }

    func user(_ name: String) -> User? { users[name] }
    func group(_ name: String) -> Group? { groups[name] }

    /// `earshot`, or the number of a user who has no name here.
    func name(ofUser id: UInt32) -> String { users.first { $0.value.id == id }?.key ?? String(id) }
    func name(ofGroup id: UInt32) -> String { groups.first { $0.value.id == id }?.key ?? String(id) }

    private static func lines(_ text: String?) -> [[String]] {
        (text ?? "").split(separator: "\n").map { $0.split(separator: ":", omittingEmptySubsequences: false).map(String.init) }
    }
}
