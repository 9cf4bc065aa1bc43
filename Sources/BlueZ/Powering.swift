internal import DBus
package import GATT

extension BlueZCentral {
    /// What a controller may take to be switched off or on, its firmware loaded again.
    private static let powerCall: Duration = .seconds(20)

    package func setPower(_ isOn: Bool, of adapter: DeviceAddress) async throws {
        let (owner, path) = try await mirror.look { state in (state.owner ?? "", try state.adapter(adapter).path) }
        let what = "Switching adapter \(adapter) \(isOn ? "on" : "off")"
        try await call(
            path, Interface.properties, "Set", [.string(Interface.adapter), .string("Powered"), .variant(.boolean(isOn))], of: owner,
            within: Self.powerCall, as: .powering, what, missing: .adapterUnavailable)
        let isSeen = try await mirror.until(within: Self.powerCall) { state -> Bool? in
            try state.adapter(adapter).isPowered == isOn ? true : nil
        }
        guard isSeen != nil else { throw GATTError(.adapterUnavailable, "\(what): nothing came of it.", failure: .adapterHung) }
    }
}
