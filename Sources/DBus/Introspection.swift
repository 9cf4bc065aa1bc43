/// The XML that Introspect answers with (D-Bus Specification 0.41, "Introspection Data Format"). Names need no escaping:
/// they were checked when the interface was exported.
enum Introspection {
    static func xml(_ interfaces: [ObjectTree.Interface], isManager: Bool, children: [String]) -> String {
        var lines = [
            "<!DOCTYPE node PUBLIC \"-//freedesktop//DTD D-BUS Object Introspection 1.0//EN\"",
            " \"http://www.freedesktop.org/standards/dbus/1.0/introspect.dtd\">",
            "<node>",
        ]
        let standard = StandardInterfaces.all + (isManager ? [StandardInterfaces.objectManager] : [])
        for interface in standard { lines += xml(interface, properties: [:]) }
        for interface in interfaces.sorted(by: { $0.definition.name < $1.definition.name }) {
            lines += xml(interface.definition, properties: interface.properties)
        }
        lines += children.map { " <node name=\"\($0)\"/>" }
        return (lines + ["</node>", ""]).joined(separator: "\n")
    }

    private static func xml(_ interface: ExportedInterface, properties: [String: DBusValue]) -> [String] {
        var lines = [" <interface name=\"\(interface.name)\">"]
        for method in interface.methods {
            let arguments = method.arguments.map { argument($0, " direction=\"in\"") } + method.results.map { argument($0, " direction=\"out\"") }
            lines += element("method", method.name, arguments)
        }
        for signal in interface.signals { lines += element("signal", signal.name, signal.arguments.map { argument($0, "") }) }
        for (name, value) in properties.sorted(by: { $0.key < $1.key }) {
            let access = interface.setters[name] == nil ? "read" : "readwrite"
            lines.append("  <property name=\"\(name)\" type=\"\(value.type)\" access=\"\(access)\"/>")
        }
        return lines + [" </interface>"]
    }

    private static func element(_ kind: String, _ name: String, _ arguments: [String]) -> [String] {
        arguments.isEmpty ? ["  <\(kind) name=\"\(name)\"/>"] : ["  <\(kind) name=\"\(name)\">"] + arguments + ["  </\(kind)>"]
    }

    private static func argument(_ argument: ExportedArgument, _ direction: String) -> String {
        let name = Names.isMember(argument.name) ? " name=\"\(argument.name)\"" : ""
        return "   <arg\(name) type=\"\(argument.type)\"\(direction)/>"
    }
}
