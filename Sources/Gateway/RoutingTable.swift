internal import Bytes
internal import Daemon
internal import Ledger

/// The configuration's routes as the ledger's rules.
enum RoutingTable {
    static func of(_ configuration: Configuration) -> Routing {
        var rules: [Routing.Rule] = []
        var screens: [Routing.ScreenRule] = []
        for route in configuration.routes {
            for trigger in triggers(of: route.when) {
                for action in route.actions {
                    switch action {
                    case .agent(let name): add(Routing.Rule(when: trigger, queue: name, priority: priority(of: trigger)), to: &rules)
                    case .destination: add(Routing.Rule(when: trigger, queue: Routing.deliveries), to: &rules)
                    case .screen(let text): screens.append(Routing.ScreenRule(when: trigger, text: ForeignText(text)))
                    }
                }
            }
        }
        return Routing(rules, screens: screens)
    }

    private static func add(_ rule: Routing.Rule, to rules: inout [Routing.Rule]) {
        if !rules.contains(where: { $0.when == rule.when && $0.queue == rule.queue }) { rules.append(rule) }
    }

    private static func triggers(of trigger: RouteSetting.Trigger) -> [Routing.Rule.Trigger] {
        switch trigger {
        case .recordingStored: [.recordingStored]
        case .buttonPressed(let buttons, let gestures):
            any(of: buttons).flatMap { button in
                any(of: gestures).map { .buttonPressed(button: button, gesture: $0) }
            }
        }
    }

    /// An empty set fits all, which the ledger calls nil.
    private static func any(of names: Set<String>) -> [String?] { names.isEmpty ? [nil] : names.sorted().map(Optional.some) }

    /// A person waits for what a press starts.
    private static func priority(of trigger: Routing.Rule.Trigger) -> JobPriority {
        if case .buttonPressed = trigger { return .urgent }
        return .normal
    }
}
