/// One call on its way through a handler.
struct HandlerCall: Sendable {
    let call: DBusMethodCall
    /// Nobody, when no answer is wanted.
    let caller: Message.Caller?
    let order: ExportedMethod.Order
    /// What the answer must consist of.
    let results: [ExportedArgument]
    let run: @Sendable () async throws -> [DBusValue]
}

/// Calls that wait for a handler or are in one, bounded together.
struct HandlerCalls {
    /// A caller that sends more without waiting for answers is refused.
    static let most = 1024

    let incoming = BoundedStream<HandlerCall>(capacity: most)
    private var count = 0
    /// In-order calls that wait for the one before them on the same object.
    private var lanes: [ObjectPath: [HandlerCall]] = [:]

    /// - Returns: false when there is no room.
    mutating func add(_ call: HandlerCall) -> Bool {
        guard count < Self.most else { return false }
        count += 1
        if call.order == .inOrder {
            guard lanes[call.call.path] == nil else {
                lanes[call.call.path]?.append(call)
                return true
            }
            lanes[call.call.path] = []
        }
        incoming.put(call)
        return true
    }

    /// The handler of `call` has ended.
    ///
    /// - Returns: the call that has waited for it.
    mutating func finish(_ call: HandlerCall) -> HandlerCall? {
        count -= 1
        guard call.order == .inOrder, var lane = lanes[call.call.path] else { return nil }
        guard !lane.isEmpty else {
            lanes[call.call.path] = nil
            return nil
        }
        let next = lane.removeFirst()
        lanes[call.call.path] = lane
        return next
    }
}
