/// The interfaces that every exported object has (D-Bus Specification 0.41, "Standard Interfaces"). Their methods are
/// answered by `Bus` from `ObjectTree`; here they stand for Introspect.
enum StandardInterfaces {
    static let peer = "org.freedesktop.DBus.Peer"
    static let introspectable = "org.freedesktop.DBus.Introspectable"
    static let properties = "org.freedesktop.DBus.Properties"
    static let manager = "org.freedesktop.DBus.ObjectManager"
    static let names: Set<String> = [peer, introspectable, properties, manager]

    static let all = [
        ExportedInterface(peer, methods: [method("Ping")]),
        ExportedInterface(introspectable, methods: [method("Introspect", returns: [("xml", "s")])]),
        ExportedInterface(
            properties,
            methods: [
                method("Get", [("interface", "s"), ("name", "s")], returns: [("value", "v")]),
                method("GetAll", [("interface", "s")], returns: [("properties", "a{sv}")]),
                method("Set", [("interface", "s"), ("name", "s"), ("value", "v")]),
            ],
            signals: [ExportedSignal("PropertiesChanged", arguments([("interface", "s"), ("changed", "a{sv}"), ("invalidated", "as")]))]),
    ]

    static let objectManager = ExportedInterface(
        manager, methods: [method("GetManagedObjects", returns: [("objects", "a{oa{sa{sv}}}")])],
        signals: [
            ExportedSignal("InterfacesAdded", arguments([("object", "o"), ("interfaces", "a{sa{sv}}")])),
            ExportedSignal("InterfacesRemoved", arguments([("object", "o"), ("interfaces", "as")])),
        ])

    private static func method(_ name: String, _ taken: [(String, String)] = [], returns given: [(String, String)] = []) -> ExportedMethod {
        ExportedMethod(name, arguments(taken), returns: arguments(given)) { _ in [] }
    }

    private static func arguments(_ list: [(String, String)]) -> [ExportedArgument] {
        list.map { ExportedArgument($0.0, DBusSignature(unchecked: $0.1)) }
    }
}
