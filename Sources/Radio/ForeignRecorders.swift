internal import Bytes
internal import GATT

/// Recorders of others that are known by what they advertise, and what is missing for each. A hint for the person who pairs, nothing more.
///
/// Services are those that the vendors' own apps, or people who studied the devices, look for. Where nothing better is known it is the name.
struct ForeignRecorder: Sendable {
    /// What it is called.
    let kind: String
    /// Why it cannot be paired, for a person.
    let missing: String
    private let service: BluetoothUUID?
    /// Lower-case beginnings of advertised names.
    private let names: [String]

    static func known(by advertisement: Advertisement) -> ForeignRecorder? {
        let name = advertisement.name?.raw.lowercased() ?? ""
        return all.first { recorder in
            recorder.service.map { advertisement.services.contains($0) } ?? false || recorder.names.contains { name.hasPrefix($0) }
        }
    }

    private static let all: [ForeignRecorder] = [
        ForeignRecorder(
            kind: "Omi", missing: "not yet: its link is not encrypted, and Earshot does not speak its protocol",
            service: BluetoothUUID(high: 0x19B1_0000_E8F2_537E, low: 0x4F6C_D104_768A_1214), names: ["omi"]),
        ForeignRecorder(
            kind: "Friend pendant", missing: "cannot be: it keeps no recordings, it only sends what it hears",
            service: BluetoothUUID(high: 0x1A3F_D0E7_B1F3_AC9E, low: 0x2E49_B647_B2C4_F8DA), names: ["friend_"]),
        ForeignRecorder(
            kind: "Plaud", missing: "not yet: it wants a key of its own that only the vendor's account gives",
            service: BluetoothUUID(0x1910), names: ["plaud", "notepin"]),
        ForeignRecorder(
            kind: "DingTalk A1", missing: "not yet: it wants the device's secret, which only the vendor's app is given",
            service: BluetoothUUID(0xFE3C), names: ["dingtalk"]),
        ForeignRecorder(
            kind: "Limitless pendant", missing: "not yet: Earshot does not speak its protocol",
            service: BluetoothUUID(high: 0x632D_E001_604C_446B, low: 0xA80F_7963_E950_F3FB), names: ["limitless", "pendant"]),
        ForeignRecorder(
            kind: "Bee", missing: "cannot be: it keeps no recordings, it only sends what it hears",
            service: BluetoothUUID(high: 0x03D5_D5C4_A86C_11EE, low: 0x9D89_8F20_89A4_9E7E), names: []),
        ForeignRecorder(
            kind: "Fieldy", missing: "cannot be: it keeps no recordings, it only sends what it hears", service: nil, names: ["fieldy", "compass"]),
        ForeignRecorder(kind: "Pocket", missing: "not yet: Earshot does not speak its protocol", service: nil, names: ["pkt01"]),
        ForeignRecorder(kind: "TicNote", missing: "not yet: Earshot does not speak its protocol", service: nil, names: ["ticnote"]),
        ForeignRecorder(
            kind: "HiDock", missing: "cannot be: it gives its recordings by USB only", service: nil, names: ["hidock"]),
    ]
}
