internal import DBus
internal import GATT

/// The objects of org.bluez as its signals tell them, bounded. A value without I/O.
struct HostTree: Sendable {
    /// Far above what an office has in the air; strangers cannot make it grow further.
    static let mostDevices = 4096

    /// What one signal changed, for those who do not look at the tree again and again.
    struct Change: Sendable, Equatable {
        /// The device that was heard just now.
        var heard: ObjectPath?
        /// The device that has no link now, or is gone.
        var unlinked: ObjectPath?
        /// The device that has a link now.
        var linked: ObjectPath?
        /// The device that has a bond now and had none.
        var bonded: ObjectPath?
        /// The device that has no bond now, or is gone.
        var unbonded: ObjectPath?
        /// The adapter that is off now, or gone.
        var silenced: ObjectPath?
        /// The device that has more services or characteristics than are followed, when the first of them found no room.
        var cut: ObjectPath?
    }

    private(set) var adapters: [ObjectPath: HostAdapter] = [:]
    private(set) var devices: [ObjectPath: HostDevice] = [:]
    /// Of devices that are followed, by their path.
    private var attributes: [ObjectPath: HostAttributes] = [:]
    /// Devices that found no room.
    private(set) var ignored = 0

    init() {}

    /// - Parameter objects: the answer of GetManagedObjects, `a{oa{sa{sv}}}`.
    init(_ objects: [DBusEntry]) {
        // In any order: devices come before what hangs on them.
        for object in objects {
            if let path = object.key.asPath { _ = addHost(path, object.value.asEntries ?? []) }
        }
        for object in objects {
            if let path = object.key.asPath { _ = addAttributes(path, object.value.asEntries ?? []) }
        }
    }

    func adapter(_ address: DeviceAddress) -> HostAdapter? { adapters.values.first { $0.address == address } }

    func device(_ address: DeviceAddress, on adapter: ObjectPath) -> (path: ObjectPath, device: HostDevice)? {
        let there = devices(on: adapter)
        return there.first { $0.device.address == address } ?? there.first { $0.device.formerAddress == address }
    }

    func devices(on adapter: ObjectPath) -> [(path: ObjectPath, device: HostDevice)] {
        devices.filter { $0.value.adapter == adapter }.map { ($0.key, $0.value) }
    }

    /// The services of a device whose objects are there.
    func services(of device: ObjectPath) -> Set<BluetoothUUID> { attributes[device]?.uuids ?? [] }

    func characteristic(_ id: CharacteristicID, of device: ObjectPath) -> HostCharacteristic? { attributes[device]?.characteristic(id) }

    func anyCharacteristic(of device: ObjectPath) -> HostCharacteristic? { attributes[device]?.anyCharacteristic }

    /// The devices that have more services or characteristics than are followed.
    var cut: [ObjectPath] { attributes.filter(\.value.isCut).map(\.key) }

    // MARK: Signals

    mutating func apply(_ signal: DBusSignal) -> Change {
        let arguments = signal.arguments
        switch (signal.interface, signal.member) {
        case (Interface.objectManager, "InterfacesAdded"):
            guard arguments.count == 2, let path = arguments[0].asPath, let interfaces = arguments[1].asEntries else { return Change() }
            var change = addHost(path, interfaces)
            change.cut = addAttributes(path, interfaces)
            return change
        case (Interface.objectManager, "InterfacesRemoved"):
            guard arguments.count == 2, let path = arguments[0].asPath, let interfaces = arguments[1].asStrings else { return Change() }
            return remove(path, interfaces)
        case (Interface.properties, "PropertiesChanged"):
            guard arguments.count == 3, let interface = arguments[0].asString, let changed = arguments[1].asProperties else { return Change() }
            return change(signal.path, interface, changed, arguments[2].asStrings ?? [])
        default: return Change()
        }
    }

    private mutating func addHost(_ path: ObjectPath, _ interfaces: [DBusEntry]) -> Change {
        var change = Change()
        for interface in interfaces {
            guard let name = interface.key.asString, let properties = interface.value.asProperties else { continue }
            switch name {
            case Interface.adapter: adapters[path] = HostAdapter(path, properties)
            case Interface.device:
                guard let device = HostDevice(properties), hasRoom(for: path) else { continue }
                devices[path] = device
                if device.rssi != nil { change.heard = path }
                if device.isConnected { change.linked = path }
            default: break
            }
        }
        return change
    }

    private mutating func hasRoom(for device: ObjectPath) -> Bool {
        guard devices.count >= Self.mostDevices, devices[device] == nil else { return true }
        ignored += 1
        return false
    }

    /// - Returns: the device, when this is the first that finds no room.
    private mutating func addAttributes(_ path: ObjectPath, _ interfaces: [DBusEntry]) -> ObjectPath? {
        var cut: ObjectPath?
        for interface in interfaces {
            guard let name = interface.key.asString, let properties = interface.value.asProperties else { continue }
            switch name {
            case Interface.service:
                guard let uuid = properties["UUID"]?.asString.flatMap({ BluetoothUUID($0) }) else { continue }
                if let full = attach(path, { $0.add(service: path, uuid) }) { cut = full }
            case Interface.characteristic:
                guard let characteristic = HostCharacteristic(path, properties) else { continue }
                if let full = attach(path, { $0.add(characteristic) }) { cut = full }
            default: break
            }
        }
        return cut
    }

    /// Changes what hangs on the device below which the attribute lies. What hangs on a device that is not followed is not either.
    ///
    /// - Returns: the device, when something of it found no room for the first time.
    private mutating func attach(_ attribute: ObjectPath, _ change: (inout HostAttributes) -> Void) -> ObjectPath? {
        guard let device = device(above: attribute) else { return nil }
        let wasCut = attributes[device]?.isCut ?? false
        change(&attributes[device, default: HostAttributes()])
        return attributes[device]?.isCut != wasCut ? device : nil
    }

    /// A service lies below its device, a characteristic below its service.
    private func device(above attribute: ObjectPath) -> ObjectPath? {
        var path = attribute.parent
        while let current = path {
            if devices[current] != nil { return current }
            path = current.parent
        }
        return nil
    }

    private mutating func remove(_ path: ObjectPath, _ interfaces: [String]) -> Change {
        var change = Change()
        for interface in interfaces {
            switch interface {
            case Interface.adapter:
                adapters[path] = nil
                change.silenced = path
            case Interface.device:
                devices[path] = nil
                attributes[path] = nil
                change.unlinked = path
                change.unbonded = path
            case Interface.service: _ = attach(path) { $0.remove(service: path) }
            case Interface.characteristic: _ = attach(path) { $0.remove(characteristic: path) }
            default: break
            }
        }
        return change
    }

    private mutating func change(_ path: ObjectPath, _ interface: String, _ changed: [String: DBusValue], _ invalidated: [String]) -> Change {
        var change = Change()
        switch interface {
        case Interface.adapter:
            guard let isPowered = changed["Powered"]?.asBoolean else { break }
            adapters[path]?.isPowered = isPowered
            if !isPowered { change.silenced = path }
        case Interface.device:
            let wasBonded = devices[path].map { $0.isBonded || $0.isPaired }
            devices[path]?.change(changed, invalidated: invalidated)
            guard let device = devices[path] else { break }
            switch (wasBonded, device.isBonded || device.isPaired) {
            case (false, true): change.bonded = path
            case (true, false): change.unbonded = path
            default: break
            }
            if changed["RSSI"] != nil || changed["ManufacturerData"] != nil { change.heard = path }
            switch changed["Connected"]?.asBoolean {
            case true?: change.linked = path
            case false?: change.unlinked = path
            // bluetoothd is silent about a link that begins while the kernel still ends the one before; services are resolved on a link only.
            case nil: if changed["ServicesResolved"]?.asBoolean == true { change.linked = path }
            }
        default: break
        }
        return change
    }
}
