/// One interface of an exported object: what it can be asked, and its properties' values.
///
/// Values live with the connection: Get, GetAll and GetManagedObjects are answered from them without asking anybody, and
/// `DBusConnection.setProperties` changes and announces them in one step.
package struct ExportedInterface: Sendable {
    package let name: String
    package let methods: [ExportedMethod]
    package let signals: [ExportedSignal]
    /// Values at first; a property may come or go later.
    package let properties: [String: DBusValue]
    /// Properties that callers may Set. The handler decides; when it accepts, it calls `setProperties` itself.
    package let setters: [String: PropertySetter]

    package typealias PropertySetter = @Sendable (DBusValue, DBusMethodCall) async throws -> Void

    package init(
        _ name: String, methods: [ExportedMethod] = [], signals: [ExportedSignal] = [], properties: [String: DBusValue] = [:],
        setters: [String: PropertySetter] = [:]
    ) {
        self.name = name
        self.methods = methods
        self.signals = signals
        self.properties = properties
        self.setters = setters
    }
}

/// One method. A call whose arguments have other types than `arguments` is refused before the handler sees it.
package struct ExportedMethod: Sendable {
    package enum Order: Sendable {
        /// Every call runs in a task of its own at once.
        case concurrent
        /// Calls of the in-order methods of one object run one after another, in the order in which they came.
        case inOrder
    }

    package let name: String
    package let arguments: [ExportedArgument]
    package let results: [ExportedArgument]
    package let order: Order
    /// Answers with values of the types in `results`. A thrown `DBusError` is sent with its name and message; any other
    /// error as `org.freedesktop.DBus.Error.Failed`. Its task is cancelled when the connection ends.
    package let handler: @Sendable (DBusMethodCall) async throws -> [DBusValue]

    package init(
        _ name: String, _ arguments: [ExportedArgument] = [], returns results: [ExportedArgument] = [], order: Order = .concurrent,
        handler: @escaping @Sendable (DBusMethodCall) async throws -> [DBusValue]
    ) {
        self.name = name
        self.arguments = arguments
        self.results = results
        self.order = order
        self.handler = handler
    }
}

/// For Introspect only: signals are emitted by `DBusConnection.emit`.
package struct ExportedSignal: Sendable {
    package let name: String
    package let arguments: [ExportedArgument]

    package init(_ name: String, _ arguments: [ExportedArgument] = []) {
        self.name = name
        self.arguments = arguments
    }
}

package struct ExportedArgument: Sendable {
    package let name: String
    package let type: DBusSignature

    package init(_ name: String, _ type: DBusSignature) {
        self.name = name
        self.type = type
    }
}
