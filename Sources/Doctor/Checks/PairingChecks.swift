internal import Bytes
internal import DBus
internal import Daemon
internal import FoundationEssentials

/// Who else may pair here, and with whom the box is paired.
enum PairingChecks {
    static let all = [agent, discoverable, bonds, bondKeys]

    /// Programs that register a pairing agent of their own (comm, at most 15 bytes).
    private static let agents: Set = [
        "bluetoothctl", "blueman-applet", "blueman-tray", "blueman-manager", "bt-agent", "gnome-shell", "plasmashell", "kded5", "kded6",
        "simple-agent", "bluedevil-wizar",
    ]

    private static let agent = Check(
        "agent", .pairing,
        why: "The first pairing agent on the bus answers for everybody: it may accept strangers, or take the question from Earshot."
    ) { machine in
        var found: [String] = []
        for process in machine.list("/proc") where process.utf8.allSatisfy({ (0x30...0x39).contains($0) }) {
            guard let name = machine.read("/proc/\(process)/comm").text?.filter({ !$0.isNewline }), agents.contains(name) else { continue }
            found.append("\(name) (process \(process))")
        }
        guard !found.isEmpty else { return .fine("No other program is known to answer for pairings.") }
        return .trouble("Pairing may be answered by \(found.joined(separator: ", ")).", "End it, and remove it from a box that is a gateway.")
    }

    private static let discoverable = Check("discoverable", .pairing, why: "An adapter that can be discovered invites anybody near by to pair.") {
        machine in
        guard case .objects(let objects) = await machine.host() else {
            return .unknown("bluetoothd does not answer this user.", "See bluetoothd above; or run it with sudo.")
        }
        let open = objects.filter { $0.interfaces["org.bluez.Adapter1"]?["Discoverable"]?.asBoolean == true }
        guard !open.isEmpty else { return .fine("No adapter can be discovered.") }
        let names = open.map { $0.path.split(separator: "/").last.map(String.init) ?? $0.path }
        return .trouble(
            "Can be discovered by anybody: \(names.joined(separator: ", ")).", "Earshot never needs it: switch it off.",
            mending: open.map {
                .run(["busctl", "--system", "set-property", "org.bluez", $0.path, "org.bluez.Adapter1", "Discoverable", "b", "false"])
            })
    }

    // MARK: - Bonds

    private static let folder = "/var/lib/bluetooth"
    private static let longTermKeys = ["LongTermKey", "SlaveLongTermKey", "PeripheralLongTermKey"]

    private static let bonds = Check(
        "bonds", .pairing, why: "Earshot uses only bonds that its own pairing made. Another one is a door that somebody else opened."
    ) { machine in
        switch machine.look(folder) {
        case .missing: return .fine("bluetoothd holds no bond.")
        case .denied: return .needsRoot
        case .there: break
        }
        guard machine.isRoot || !machine.list(folder).isEmpty else { return .needsRoot }
        let held = heldBonds(machine)
        guard let cards = KnownCards.read(machine) else {
            return .unknown("bluetoothd holds \(held.count) bonds; whose they are cannot be read.", "Run it with sudo.")
        }
        let strangers = held.filter { bond in !cards.contains { $0.peer == bond.peer && $0.adapter == bond.adapter } }
        guard strangers.isEmpty else {
            let names = strangers.prefix(8).map { $0.peer + ($0.name.map { " (\(ForeignText($0, limit: 40)))" } ?? "") }
            let more = strangers.count > 8 ? " and \(strangers.count - 8) more" : ""
            return .trouble(
                "Not made by Earshot, and never used by it: \(names.joined(separator: ", "))\(more).",
                "Nobody knows it? bluetoothctl remove \(strangers[0].peer). A card? Remove it, then: earshot pair")
        }
        let replaced = cards.filter(\.bondIsForeign)
        guard replaced.isEmpty else {
            let names = replaced.map { String(describing: ForeignText($0.name, limit: 40)) }.joined(separator: ", ")
            return .trouble(
                "Another program made the bond of \(names) anew: it is not used.",
                "earshot forget the card, remove the bond on the card, then pair it again. An appliance keeps other programs out: earshot-appliance")
        }
        let adapters = Set(machine.list(folder).filter(isAddress))
        let widows = cards.filter { card in
            adapters.contains(card.adapter) && !held.contains { $0.peer == card.peer && $0.adapter == card.adapter }
        }
        guard widows.isEmpty else {
            let names = widows.map { String(describing: ForeignText($0.name, limit: 40)) }.joined(separator: ", ")
            return .trouble(
                "bluetoothd has lost the bond of \(names).",
                "Forget the card here and on the card, then pair it again; or bring the bonds back: earshot restore")
        }
        return .fine(held.isEmpty ? "bluetoothd holds no bond." : "\(held.count), all made by Earshot.")
    }

    /// BlueZ tells no program how strong the key of a link is; the file where bluetoothd keeps it does.
    private static let bondKeys = Check(
        "bond-keys", .pairing,
        why: "A card that was paired with a passkey and whose key is now one of Just Works was paired again by somebody who may stand in the middle."
    ) { machine in
        guard machine.look(folder).status != nil else { return machine.isRoot ? .fine("bluetoothd holds no bond.") : .needsRoot }
        guard machine.isRoot || !machine.list(folder).isEmpty else { return .needsRoot }
        guard let cards = KnownCards.read(machine) else {
            return .unknown("How the cards were paired cannot be read.", "Run it with sudo.")
        }
        let bonds = heldBonds(machine)
        let pairs = cards.filter(\.isAuthenticated).compactMap { card in
            bonds.first { $0.peer == card.peer && $0.adapter == card.adapter }.map { (name: "\(ForeignText(card.name, limit: 40))", keys: $0.keys) }
        }
        let weak = pairs.filter { $0.keys.contains { !$0.isAuthenticated } }
        guard weak.isEmpty else {
            return .trouble(
                "Paired with a passkey, and now with a key that anybody could have agreed on: \(weak.map(\.name).joined(separator: ", ")).",
                "earshot forget the card, remove the bond on the card, then pair it again. An appliance takes no such key: earshot-appliance")
        }
        let unknown = pairs.filter(\.keys.isEmpty)
        guard unknown.isEmpty else {
            return .unknown(
                "bluetoothd does not say how strong the key of \(unknown.map(\.name).joined(separator: ", ")) is.",
                "See the bond's file in \(folder).")
        }
        let legacy = pairs.filter { $0.keys.contains(.legacyAuthenticated) }
        guard legacy.isEmpty else {
            return .advice(
                "Paired the old way (LE Legacy Pairing): \(legacy.map(\.name).joined(separator: ", ")). Who overheard the pairing can know the key.",
                "Give the card firmware with LE Secure Connections, then forget and pair it again.")
        }
        return .fine(pairs.isEmpty ? "No card was paired with a passkey yet." : "\(pairs.count) cards with a passkey, and no key is weaker.")
    }

    /// How a key was agreed on: the kernel's numbers (mgmt-api.txt, Load Long Term Keys), which bluetoothd writes as `Authenticated`.
    private enum KeyStrength: String {
        case legacy = "0"
        case legacyAuthenticated = "1"
        case secureConnections = "2"
        case secureConnectionsAuthenticated = "3"
        /// Made with a private key that is printed in the specification.
        case debug = "4"

        var isAuthenticated: Bool { self == .legacyAuthenticated || self == .secureConnectionsAuthenticated }
    }

    private struct HeldBond {
        let adapter: String
        let peer: String
        let name: String?
        /// Of its long term keys, as far as they say.
        let keys: [KeyStrength]
    }

    private static func heldBonds(_ machine: Machine) -> [HeldBond] {
        var held: [HeldBond] = []
        for adapter in machine.list(folder).filter(isAddress) {
            for peer in machine.list("\(folder)/\(adapter)").filter(isAddress) {
                guard let info = machine.read("\(folder)/\(adapter)/\(peer)/info").text else { continue }
                let hasKey = (["LinkKey"] + longTermKeys).contains { info.contains("[\($0)]") }
                guard hasKey else { continue }
                let values = KeyFile.parse(info)
                let keys = longTermKeys.compactMap { values[$0 + ".Authenticated"] }.compactMap(KeyStrength.init)
                held.append(HeldBond(adapter: adapter, peer: peer, name: values["General.Name"], keys: keys))
            }
        }
        return held
    }

    /// `00:11:22:AA:BB:CC`
    static func isAddress(_ name: String) -> Bool {
        let parts = name.split(separator: ":", omittingEmptySubsequences: false)
        return parts.count == 6 && parts.allSatisfy { $0.utf8.count == 2 && $0.allSatisfy(\.isHexDigit) }
    }
}

/// The paired cards, from the file that earshotd keeps beside its ledger.
private struct KnownCards: Decodable {
    struct Card {
        let name: String
        let adapter: String
        let peer: String
        let bondIsForeign: Bool
        /// Whether a passkey or a comparison took part: nobody was in the middle.
        let isAuthenticated: Bool
    }

    private struct Piece: Decodable {
        let table: String
        let rows: [[String: Value]]
    }

    private struct Rows: Decodable {
        let extracts: [Piece]
    }

    private enum Value: Decodable {
        case text(String)
        case other

        init(from decoder: any Decoder) throws {
            let container = try decoder.singleValueContainer()
            do { self = .text(try container.decode(String.self)) } catch { self = .other }
        }
    }

    private let rows: Rows

    /// - Returns: nil when it cannot be read; none when there is none yet.
    static func read(_ machine: Machine) -> [Card]? {
        let text: String
        switch machine.read(machine.places.state + "/cards.json", limit: 64 << 20) {
        case .text(let found): text = found
        case .missing: return []
        case .denied, .failed: return nil
        }
        guard let file = try? JSONDecoder().decode(KnownCards.self, from: Data(text.utf8)) else { return nil }
        return file.rows.extracts.filter { $0.table == "card" }.flatMap(\.rows).compactMap { row in
            guard row["forgotten_at"] == nil, case .text(let name)? = row["name"], case .text(let adapter)? = row["adapter"],
                case .text(let peer)? = row["peer"]
            else { return nil }
            // A card that is an exception, and the row of a version that did not say it, are not judged.
            var isAuthenticated = false
            if case .text(let method)? = row["method"] { isAuthenticated = ["passkey", "comparison"].contains(method) }
            return Card(
                name: name, adapter: adapter.uppercased(), peer: peer.uppercased(), bondIsForeign: row["foreign_bond_at"] != nil,
                isAuthenticated: isAuthenticated)
        }
    }
}
