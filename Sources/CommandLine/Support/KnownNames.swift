internal import Daemon
internal import Doctor
internal import FoundationEssentials

/// Names of people and their things as the files of the box hold them: they are taken out of a report also when no gateway answers.
enum KnownNames {
    private static let longest = 64 << 20

    static func inFiles(_ machine: Machine) -> [String] { cards(machine) + people() + devices() }

    private struct Copies: Decodable {
        struct Rows: Decodable { let extracts: [Piece] }
        struct Piece: Decodable {
            let table: String
            let rows: [[String: Text]]
        }
        struct Text: Decodable {
            let text: String?

            init(from decoder: any Decoder) throws { text = try? decoder.singleValueContainer().decode(String.self) }
        }

        let rows: Rows
    }

    /// Cards and holders, from the copy beside the ledger.
    private static func cards(_ machine: Machine) -> [String] {
        guard let data = FileManager.default.contents(atPath: machine.places.state + "/cards.json"), data.count < longest,
            let copies = try? JSONDecoder().decode(Copies.self, from: data)
        else { return [] }
        return copies.rows.extracts.filter { ["card", "holder"].contains($0.table) }.flatMap(\.rows).flatMap { row in
            ["name", "handle", "groups"].compactMap { row[$0]?.text }
        }
    }

    /// Whoever may log in here, and what else stands about them.
    private static func people() -> [String] {
        lines("/etc/passwd").flatMap { fields -> [String] in
            guard fields.count > 4, let id = UInt32(fields[2]), (1000..<60_000).contains(id) else { return [] }
            return [fields[0], fields[4]]
        }
    }

    /// What bluetoothd calls the devices that it is paired with.
    private static func devices() -> [String] {
        let folder = "/var/lib/bluetooth"
        let adapters = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        return adapters.flatMap { adapter in
            ((try? FileManager.default.contentsOfDirectory(atPath: "\(folder)/\(adapter)")) ?? []).compactMap { peer in
                let info = FileManager.default.contents(atPath: "\(folder)/\(adapter)/\(peer)/info").map { String(decoding: $0, as: UTF8.self) }
                return info?.split(separator: "\n").first { $0.hasPrefix("Name=") }.map { String($0.dropFirst("Name=".count)) }
            }
        }
    }

    private static func lines(_ path: String) -> [[String]] {
        let text = FileManager.default.contents(atPath: path).map { String(decoding: $0, as: UTF8.self) } ?? ""
        return text.split(separator: "\n").map { $0.split(separator: ":", omittingEmptySubsequences: false).map(String.init) }
    }
}
