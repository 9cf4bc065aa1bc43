/// The exported objects with the values of their properties. A value without I/O.
struct ObjectTree {
    struct Interface {
        let definition: ExportedInterface
        var properties: [String: DBusValue]
    }

    private var objects: [ObjectPath: [String: Interface]] = [:]
    private var managers: Set<ObjectPath> = []

    mutating func addManager(at path: ObjectPath) { managers.insert(path) }

    /// The nearest object manager above a path; itself does not count.
    func manager(of path: ObjectPath) -> ObjectPath? {
        var above = path.parent
        while let candidate = above {
            if managers.contains(candidate) { return candidate }
            above = candidate.parent
        }
        return nil
    }

    func isManager(_ path: ObjectPath) -> Bool { managers.contains(path) }

    func interfaces(at path: ObjectPath) -> [String: Interface]? { objects[path] }

    /// Whether anything is here or below.
    func exists(_ path: ObjectPath) -> Bool {
        objects[path] != nil || managers.contains(path) || objects.keys.contains { $0.isWithin(path) } || managers.contains { $0.isWithin(path) }
    }

    mutating func add(_ interfaces: [ExportedInterface], at path: ObjectPath) throws(DBusError) {
        var object = objects[path] ?? [:]
        for interface in interfaces {
            try check(interface)
            guard object[interface.name] == nil, !StandardInterfaces.names.contains(interface.name) else {
                throw DBusError(.invalidArgument, "\(path) has the interface \(interface.name) already.")
            }
            object[interface.name] = Interface(definition: interface, properties: interface.properties)
        }
        objects[path] = object
    }

    /// - Returns: the names of the interfaces that were there.
    mutating func remove(_ path: ObjectPath, _ names: [String]?) -> [String] {
        guard var object = objects[path] else { return [] }
        let removed = names.map { $0.filter { object[$0] != nil } } ?? Array(object.keys)
        for name in removed { object[name] = nil }
        objects[path] = object.isEmpty ? nil : object
        return removed.sorted()
    }

    /// - Returns: what to announce.
    mutating func set(
        _ changes: [String: DBusValue], removing removed: [String], always: Bool, of interface: String, at path: ObjectPath
    ) throws(DBusError) -> (changed: [String: DBusValue], invalidated: [String]) {
        guard var known = objects[path]?[interface] else {
            throw DBusError(name: DBusError.unknownObject, message: "\(path) with \(interface) is not exported.")
        }
        for name in changes.keys { try Names.check(member: name) }
        let changed = changes.filter { always || known.properties[$0.key] != $0.value }
        known.properties.merge(changes) { $1 }
        let invalidated = removed.filter { known.properties.removeValue(forKey: $0) != nil }
        objects[path]?[interface] = known
        return (changed, invalidated)
    }

    /// As InterfacesAdded and GetManagedObjects tell an object: `a{sa{sv}}`.
    static func described(_ interfaces: [Interface]) -> DBusValue {
        .dictionary(
            key: .string, value: .properties,
            interfaces.sorted { $0.definition.name < $1.definition.name }
                .map { DBusEntry(.string($0.definition.name), .properties($0.properties)) })
    }

    /// The answer of GetManagedObjects: `a{oa{sa{sv}}}`, parents before children.
    func managedObjects(below manager: ObjectPath) -> DBusValue {
        let below = objects.filter { $0.key != manager && $0.key.isWithin(manager) }.sorted { $0.key < $1.key }
        return .dictionary(
            key: .objectPath, value: DBusSignature(unchecked: "a{sa{sv}}"),
            below.map { DBusEntry(.objectPath($0.key), Self.described(Array($0.value.values))) })
    }

    /// The first elements below a path that lead to objects.
    func children(of path: ObjectPath) -> [String] {
        let prefix = path == .root ? 1 : path.text.utf8.count + 1
        let below = (Array(objects.keys) + managers).filter { $0 != path && $0.isWithin(path) }
        return Set(below.map { String($0.text.dropFirst(prefix).prefix { $0 != "/" }) }).sorted()
    }

    private func check(_ interface: ExportedInterface) throws(DBusError) {
        try Names.check(interface: interface.name)
        let members = interface.methods.map(\.name) + interface.signals.map(\.name) + interface.properties.keys + interface.setters.keys
        for member in members { try Names.check(member: member) }
        for argument in interface.methods.flatMap({ $0.arguments + $0.results }) + interface.signals.flatMap(\.arguments) {
            guard argument.type.isSingle else {
                throw DBusError(
                    .invalidArgument, "The argument \(argument.name) of \(interface.name) has the type “\(argument.type)”, which is not one.")
            }
        }
    }
}
