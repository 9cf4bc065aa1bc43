import GATT
import Glibc
import HCI
import Testing

/// What a controller answers is seen in the guest (Tests/Guest/scenarios/15-doctor); here is what is made of it.
@Suite struct AdapterFactsTests {
    /// Whether this kernel lets a process open Bluetooth sockets at all.
    private static func kernelHasBluetooth() -> Bool {
        let socket = Glibc.socket(AF_BLUETOOTH, Int32(SOCK_RAW.rawValue), 1)
        guard socket >= 0 else { return errno != EAFNOSUPPORT && errno != EPROTONOSUPPORT }
        close(socket)
        return true
    }

    @Test func theKernelIsAskedOrSaysWhyNot() {
        let answer = Result { () throws(AdapterFactsError) in try AdapterFacts.all() }
        guard Self.kernelHasBluetooth() else {
            #expect(answer == .failure(.noBluetooth))
            return
        }
        guard case .success(let adapters) = answer else {
            #expect(answer == .failure(.notPermitted))
            return
        }
        #expect(Set(adapters.map(\.name)).count == adapters.count)
        for adapter in adapters where !adapter.isUp { #expect(adapter.version == .failure(.down)) }
    }

    @Test(arguments: [
        (UInt8(6), "Intel Corp.", "Bluetooth 4.0 by Intel Corp."), (9, "", "Bluetooth 5.0 by company 2"), (13, "X", "Bluetooth 5.4 by X"),
        (14, "X", "Bluetooth of version number 14 by X"), (255, "", "Bluetooth of version number 255 by company 2"),
    ])
    func aVersionIsSaidAsAPersonKnowsIt(_ number: UInt8, _ maker: String, _ text: String) {
        #expect(ControllerVersion(number: number, manufacturer: 2, maker: maker).description == text)
    }

    @Test func featuresHaveTheBitsOfTheSpecification() {
        // Core 5.4, Vol 6, Part B, table 4.4.
        #expect(LowEnergyFeatures(rawValue: 1 << 0 | 1 << 5 | 1 << 8) == [.encryption, .longPackets, .phy2M])
        #expect(LowEnergyFeatures(rawValue: 1 << 6 | 1 << 11 | 1 << 12 | 1 << 63).known == ["privacy", "coded PHY", "extended advertising"])
        #expect(LowEnergyFeatures(rawValue: 0).known.isEmpty)
    }

    @Test(arguments: [
        (EAFNOSUPPORT, AdapterFactsError.noBluetooth), (EPROTONOSUPPORT, .noBluetooth), (EPERM, .notPermitted), (EACCES, .notPermitted),
        (ENETDOWN, .down), (ETIMEDOUT, .noAnswer), (ENODEV, .gone),
    ])
    func aReasonOfTheKernelHasAName(_ code: Int32, _ error: AdapterFactsError) {
        #expect(AdapterFactsError(code, "Asking hci0") == error)
        #expect(!error.description.isEmpty)
    }

    @Test func anotherReasonKeepsWhatWasAsked() {
        let error = AdapterFactsError(EIO, "Asking hci0 for its version")
        #expect(error.description.hasPrefix("Asking hci0 for its version: "))
    }
}
