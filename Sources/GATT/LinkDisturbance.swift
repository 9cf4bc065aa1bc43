internal import Synchronization

/// One thing that goes wrong on the links of a device in memory, once, at the moment that a test has drawn.
package struct LinkDisturbance: Sendable, Hashable {
    package enum Kind: String, Sendable, CaseIterable {
        /// The link is lost before the device sees a request or command.
        case lossBeforeRequest = "loss before request"
        /// The device has done what was asked, and the link is lost before it can answer.
        case lossBeforeResponse = "loss before response"
        /// The central has its answer, and then the link is lost.
        case lossAfterResponse = "loss after response"
        case lossBeforeNotification = "loss before notification"
        case lossAfterNotification = "loss after notification"
        case lossBeforeIndication = "loss before indication"
        /// The central has the indication; the device never hears that it was confirmed.
        case lossAfterIndication = "loss after indication"
        /// Within a value that the device sends: it does not arrive.
        case lossAtByte = "loss at a byte"
        /// `amount` notifications in a row never arrive.
        case drop
        /// A notification arrives `amount` times more.
        case duplicate
        /// A notification arrives behind the next `amount` values.
        case reorder
        /// A bit of a notification is another one, the `amount`th.
        case corrupt
        /// A notification has `amount` bytes more.
        case oversize
        /// Of a notification only the first `amount` bytes arrive, at least one less than it has.
        case truncate
        /// Nothing arrives for `amount` milliseconds.
        case stall
    }

    package let kind: Kind
    /// Which characteristic's requests or values; nil: any.
    package let characteristic: CharacteristicID?
    /// How many occasions pass first: requests, notifications, indications or, for `lossAtByte`, bytes.
    package let after: Int
    package let amount: Int

    package init(_ kind: Kind, on characteristic: CharacteristicID? = nil, after: Int, amount: Int = 1) {
        self.kind = kind
        self.characteristic = characteristic
        self.after = max(0, after)
        self.amount = max(0, amount)
    }
}

/// The disturbances of one device's links that are still to come, and how often each kind happened. Only links in memory know them.
package final class LinkDisturbances: Sendable {
    /// What becomes of one value.
    struct Passage {
        var pause: Duration?
        var isLostBefore = false
        /// In the order in which they arrive.
        var values: [[UInt8]]
        /// The values arrive behind so many others.
        var behind = 0
        var isLostAfter = false
    }

    fileprivate struct Armed {
        let disturbance: LinkDisturbance
        var left: Int
        var times: Int
    }

    fileprivate struct State {
        var armed: [Armed] = []
        var hits: [LinkDisturbance.Kind: Int] = [:]
    }

    private let state = Mutex(State())

    /// How often each kind happened.
    package var hits: [LinkDisturbance.Kind: Int] { state.withLock(\.hits) }

    package func add(_ disturbance: LinkDisturbance) {
        let times = disturbance.kind == .drop ? max(1, disturbance.amount) : 1
        state.withLock { $0.armed.append(Armed(disturbance: disturbance, left: disturbance.after, times: times)) }
    }

    /// Nothing more goes wrong. Hits stay counted.
    package func clear() { state.withLock { $0.armed = [] } }

    /// An occasion to lose the link with a request.
    func isLost(_ kind: LinkDisturbance.Kind, on characteristic: CharacteristicID?) -> Bool {
        state.withLock { !$0.due([kind], on: characteristic).isEmpty }
    }

    func passage(of value: [UInt8], on characteristic: CharacteristicID, isIndication: Bool) -> Passage {
        state.withLock { state in
            var passage = Passage(values: [value])
            let kinds: Set<LinkDisturbance.Kind> =
                isIndication
                ? [.lossBeforeIndication, .lossAfterIndication, .stall]
                : [.lossBeforeNotification, .lossAfterNotification, .drop, .duplicate, .reorder, .corrupt, .oversize, .truncate, .stall]
            let due = state.due(kinds, on: characteristic) + state.due([.lossAtByte], on: characteristic, counting: value.count)
            for disturbance in due { passage.suffer(disturbance) }
            return passage
        }
    }
}

extension LinkDisturbances.State {
    /// Counts an occasion of these kinds (or so many), and hits those whose turn it is.
    fileprivate mutating func due(_ kinds: Set<LinkDisturbance.Kind>, on characteristic: CharacteristicID?, counting count: Int = 1)
        -> [LinkDisturbance]
    {
        var due: [LinkDisturbance] = []
        for position in armed.indices where kinds.contains(armed[position].disturbance.kind) {
            if let wanted = armed[position].disturbance.characteristic, wanted != characteristic { continue }
            guard armed[position].left < count else {
                armed[position].left -= count
                continue
            }
            armed[position].left = 0
            armed[position].times -= 1
            due.append(armed[position].disturbance)
            hits[armed[position].disturbance.kind, default: 0] += 1
        }
        armed.removeAll { $0.times == 0 }
        return due
    }
}

extension LinkDisturbances.Passage {
    fileprivate mutating func suffer(_ disturbance: LinkDisturbance) {
        let amount = disturbance.amount
        switch disturbance.kind {
        case .lossBeforeRequest, .lossBeforeResponse, .lossAfterResponse: break
        case .lossBeforeNotification, .lossBeforeIndication, .lossAtByte: isLostBefore = true
        case .lossAfterNotification, .lossAfterIndication: isLostAfter = true
        case .drop: values = []
        case .duplicate: if let value = values.first { values += Array(repeating: value, count: max(1, amount)) }
        case .reorder: behind = max(1, amount)
        case .corrupt: change { value in if !value.isEmpty { value[amount / 8 % value.count] ^= 1 << UInt8(amount % 8) } }
        case .oversize: change { value in value += (0..<max(1, amount)).map { UInt8(truncatingIfNeeded: $0) } }
        case .truncate: change { value in value = Array(value.prefix(min(amount, max(0, value.count - 1)))) }
        case .stall: pause = .milliseconds(amount)
        }
    }

    private mutating func change(_ body: (inout [UInt8]) -> Void) {
        for position in values.indices { body(&values[position]) }
    }
}
