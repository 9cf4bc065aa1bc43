internal import CBluetooth
internal import EventLoop
package import GATT
internal import Glibc

/// What an adapter's controller says of itself, asked through the kernel's HCI sockets instead of bluetoothd: for `earshot doctor`, which,
/// unlike earshotd in its private network, may open a Bluetooth socket.
package struct AdapterFacts: Sendable, Hashable {
    /// `hci0`
    package let name: String
    package let address: DeviceAddress
    /// Whether the kernel has it up. One that is down, or blocked by rfkill, answers nothing.
    package let isUp: Bool
    package let version: Result<ControllerVersion, AdapterFactsError>
    /// Needs CAP_NET_RAW.
    package let lowEnergy: Result<LowEnergyFeatures, AdapterFactsError>

    package init(
        name: String, address: DeviceAddress, isUp: Bool, version: Result<ControllerVersion, AdapterFactsError>,
        lowEnergy: Result<LowEnergyFeatures, AdapterFactsError>
    ) {
        self.name = name
        self.address = address
        self.isUp = isUp
        self.version = version
        self.lowEnergy = lowEnergy
    }

    /// The most adapters that a machine is asked for.
    private static let most = 16

    /// Every adapter of this machine, by its number. **Blocks** on the controllers, each for at most twice `within`: call it off the
    /// cooperative pool.
    ///
    /// - Parameter within: for each question to a controller.
    /// - Throws: `noBluetooth`, `notPermitted` or `failed` when not even the list can be had. What one adapter does not answer stands in its facts.
    package static func all(within: Duration = .seconds(2)) throws(AdapterFactsError) -> [AdapterFacts] {
        var all: [AdapterFacts] = []
        for number in 0..<Self.most {
            var info = hci_dev_info()
            guard unsafe hci_devinfo(Int32(number), &info) >= 0 else {
                let code = errno
                if code == ENODEV { continue }
                throw AdapterFactsError(code, "Looking for hci\(number)")
            }
            all.append(Self.facts(of: info, Int32(number), milliseconds(within)))
        }
        return all
    }

    private static func milliseconds(_ duration: Duration) -> Int32 {
        let (seconds, attoseconds) = duration.components
        return Int32(clamping: max(1, seconds.multipliedReportingOverflow(by: 1000).partialValue + attoseconds / 1_000_000_000_000_000))
    }

    private static func facts(of info: hci_dev_info, _ number: Int32, _ timeout: Int32) -> AdapterFacts {
        var bytes: [UInt8] = Array(repeating: 0, count: 6)
        var info = info
        unsafe earshot_adapter_address(&info, &bytes)
        let address = DeviceAddress(bytes.reversed().reduce(0) { $0 << 8 | UInt64($1) }, kind: .public)
        let name = "hci\(number)"
        guard info.flags & (1 << UInt32(HCI_UP)) != 0 else {
            return AdapterFacts(name: name, address: address, isUp: false, version: .failure(.down), lowEnergy: .failure(.down))
        }
        let raw = hci_open_dev(number)
        guard raw >= 0 else {
            let error = AdapterFactsError(errno, "Opening \(name)")
            return AdapterFacts(name: name, address: address, isUp: true, version: .failure(error), lowEnergy: .failure(error))
        }
        let device = Descriptor(adopting: raw)
        return device.withRaw { raw in
            AdapterFacts(
                name: name, address: address, isUp: true, version: version(raw, timeout, name), lowEnergy: lowEnergy(raw, timeout, name))
        }
    }

    private static func version(_ device: Int32, _ timeout: Int32, _ name: String) -> Result<ControllerVersion, AdapterFactsError> {
        var version = hci_version()
        guard unsafe hci_read_local_version(device, &version, timeout) >= 0 else {
            return .failure(AdapterFactsError(errno, "Asking \(name) for its version"))
        }
        let maker = unsafe bt_compidtostr(Int32(version.manufacturer)).map { unsafe String(cString: $0) } ?? ""
        return .success(ControllerVersion(number: version.hci_ver, manufacturer: version.manufacturer, maker: maker))
    }

    private static func lowEnergy(_ device: Int32, _ timeout: Int32, _ name: String) -> Result<LowEnergyFeatures, AdapterFactsError> {
        var bytes: [UInt8] = Array(repeating: 0, count: 8)
        guard unsafe earshot_le_features(device, timeout, &bytes) >= 0 else {
            return .failure(AdapterFactsError(errno, "Asking \(name) for its LE features"))
        }
        return .success(LowEnergyFeatures(rawValue: bytes.reversed().reduce(0) { $0 << 8 | UInt64($1) }))
    }
}
