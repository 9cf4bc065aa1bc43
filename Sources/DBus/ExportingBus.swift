/// Exported objects: changes with their signals, and calls that come for them.
extension Bus {
    func emit(
        _ member: String, of interface: String, from path: ObjectPath, _ arguments: [DBusValue], to destination: String?
    ) throws(DBusError) {
        try send(Message.signal(member, of: interface, from: path, arguments, to: destination))
    }

    func export(_ interfaces: [ExportedInterface], at path: ObjectPath) throws(DBusError) {
        try objects.add(interfaces, at: path)
        guard let manager = objects.manager(of: path) else { return }
        let described = ObjectTree.described(interfaces.map { ObjectTree.Interface(definition: $0, properties: $0.properties) })
        do {
            try emit("InterfacesAdded", of: StandardInterfaces.manager, from: manager, [.objectPath(path), described], to: nil)
        } catch {
            _ = objects.remove(path, interfaces.map(\.name))
            throw error
        }
    }

    func unexport(_ path: ObjectPath, interfaces: [String]?) {
        let removed = objects.remove(path, interfaces)
        guard !removed.isEmpty, let manager = objects.manager(of: path) else { return }
        // It fails only when the connection is gone, and then nobody is there to be told.
        try? emit("InterfacesRemoved", of: StandardInterfaces.manager, from: manager, [.objectPath(path), .strings(removed)], to: nil)
    }

    func exportObjectManager(at path: ObjectPath) { objects.addManager(at: path) }

    func setProperties(
        _ changes: [String: DBusValue], removing removed: [String], always: Bool, quietly: Bool, of interface: String, at path: ObjectPath
    ) throws(DBusError) {
        let news = try objects.set(changes, removing: removed, always: always, of: interface, at: path)
        guard !quietly, !news.changed.isEmpty || !news.invalidated.isEmpty else { return }
        let arguments: [DBusValue] = [.string(interface), .properties(news.changed), .strings(news.invalidated)]
        try emit("PropertiesChanged", of: StandardInterfaces.properties, from: path, arguments, to: nil)
    }

    func property(_ name: String, of interface: String, at path: ObjectPath) -> DBusValue? {
        objects.interfaces(at: path)?[interface]?.properties[name]
    }

    // MARK: Calls that come

    func takeCall(_ message: borrowing Message) {
        let caller = message.caller
        do {
            let call = DBusMethodCall(
                sender: message.sender, path: message.path, interface: message.interface ?? "", member: message.member,
                arguments: try ArgumentReader.arguments(of: message), wantsAnswer: caller != nil)
            if let answer = try answerStandard(call, caller) { reply(to: caller, .success(answer)) }
        } catch {
            reply(to: caller, .failure(error))
        }
    }

    /// - Returns: nil when a handler will answer.
    private func answerStandard(_ call: DBusMethodCall, _ caller: Message.Caller?) throws(DBusError) -> [DBusValue]? {
        guard objects.exists(call.path) else { throw DBusError(name: DBusError.unknownObject, message: "There is no object \(call.path).") }
        switch (call.interface, call.member) {
        case (StandardInterfaces.peer, "Ping"):
            return []
        case (StandardInterfaces.introspectable, "Introspect"):
            let interfaces = objects.interfaces(at: call.path)?.values.map { $0 } ?? []
            return [.string(Introspection.xml(interfaces, isManager: objects.isManager(call.path), children: objects.children(of: call.path)))]
        case (StandardInterfaces.manager, "GetManagedObjects") where objects.isManager(call.path):
            return [objects.managedObjects(below: call.path)]
        case (StandardInterfaces.properties, "Get"):
            let interface = try interface(of: call)
            let name = try call.arguments.argument(1, "a property's name", \.asString)
            guard let value = interface.properties[name] else { throw unknownProperty(name, call) }
            return [.variant(value)]
        case (StandardInterfaces.properties, "GetAll"):
            return [.properties(try interface(of: call).properties)]
        case (StandardInterfaces.properties, "Set"):
            try handleSet(call, caller)
            return nil
        default:
            try handle(call, caller)
            return nil
        }
    }

    private func interface(of call: DBusMethodCall) throws(DBusError) -> ObjectTree.Interface {
        let name = try call.arguments.argument(0, "an interface's name", \.asString)
        guard let interface = objects.interfaces(at: call.path)?[name] else {
            throw DBusError(name: DBusError.unknownInterface, message: "\(call.path) has no interface \(name).")
        }
        return interface
    }

    private func unknownProperty(_ name: String, _ call: DBusMethodCall) -> DBusError {
        DBusError(name: DBusError.unknownProperty, message: "\(call.path) has no property \(name).")
    }

    private func handleSet(_ call: DBusMethodCall, _ caller: Message.Caller?) throws(DBusError) {
        let interface = try interface(of: call)
        let name = try call.arguments.argument(1, "a property's name", \.asString)
        let value = try call.arguments.argument(2, "a variant") { if case .variant(let value) = $0 { value } else { nil } }
        guard let known = interface.properties[name] else { throw unknownProperty(name, call) }
        guard let setter = interface.definition.setters[name] else {
            throw DBusError(name: DBusError.propertyReadOnly, message: "\(name) cannot be set.")
        }
        guard known.type == value.type else {
            throw DBusError(name: DBusError.invalidArgs, message: "\(name) has the type “\(known.type)”, not “\(value.type)”.")
        }
        try enqueue(
            HandlerCall(call: call, caller: caller, order: .inOrder, results: []) {
                try await setter(value, call)
                return []
            })
    }

    private func handle(_ call: DBusMethodCall, _ caller: Message.Caller?) throws(DBusError) {
        let interfaces = objects.interfaces(at: call.path) ?? [:]
        // A call may leave out the interface.
        let candidates = call.interface.isEmpty ? Array(interfaces.values) : interfaces[call.interface].map { [$0] } ?? []
        guard let method = candidates.lazy.flatMap(\.definition.methods).first(where: { $0.name == call.member }) else {
            throw DBusError(name: DBusError.unknownMethod, message: "\(call.path) has no method \(call.member) in “\(call.interface)”.")
        }
        let expected = method.arguments.map(\.type.text).joined()
        let found = call.arguments.map(\.type.text).joined()
        guard expected == found else {
            throw DBusError(name: DBusError.invalidArgs, message: "\(call.member) takes “\(expected)”, not “\(found)”.")
        }
        try enqueue(
            HandlerCall(call: call, caller: caller, order: method.order, results: method.results) { try await method.handler(call) })
    }

    private func enqueue(_ call: HandlerCall) throws(DBusError) {
        guard handlers.add(call) else { throw DBusError(.tooMuch, "\(HandlerCalls.most) calls are under way here already.") }
    }

    private func reply(to caller: Message.Caller?, _ answer: Result<[DBusValue], DBusError>) {
        guard let caller else { return }
        do {
            switch answer {
            case .success(let values): try send(Message.answer(to: caller, values))
            case .failure(let error): try send(Message.error(to: caller, error))
            }
        } catch {
            // What a handler answered cannot be sent: the caller is told so. When not even that goes out the connection
            // is gone, and the caller sees that.
            if case .success = answer { reply(to: caller, .failure(DBusError(name: DBusError.failed, message: error.message))) }
        }
    }

    // MARK: Handlers

    /// Runs handlers, each in a task of its own, until the connection is closed; then cancels and awaits them.
    nonisolated func runHandlers() async {
        let incoming = await handlers.incoming
        await withDiscardingTaskGroup { group in
            while let calls = try? await incoming.next() {
                for call in calls { group.addTask { await self.runHandler(call) } }
            }
            group.cancelAll()
        }
    }

    @concurrent private nonisolated func runHandler(_ first: HandlerCall) async {
        var next: HandlerCall? = first
        while let call = next {
            let answer: Result<[DBusValue], DBusError>
            do {
                answer = .success(try await call.run())
            } catch let error as DBusError {
                answer = .failure(error)
            } catch {
                answer = .failure(DBusError(name: DBusError.failed, message: "\(error)"))
            }
            next = await finish(call, answer)
        }
    }

    private func finish(_ call: HandlerCall, _ answer: Result<[DBusValue], DBusError>) -> HandlerCall? {
        let checked = answer.flatMap { values -> Result<[DBusValue], DBusError> in
            guard values.map(\.type) == call.results.map(\.type) else {
                return .failure(
                    DBusError(name: DBusError.failed, message: "The handler of \(call.call.member) answered with other types than it declares."))
            }
            return .success(values)
        }
        reply(to: call.caller, checked)
        return handlers.finish(call)
    }
}
