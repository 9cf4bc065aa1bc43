package import Bytes

/// Which queues get a job, and which cards a text, when a recording is stored or an event is committed: in the same transaction.
package struct Routing: Sendable, Hashable {
    package struct Rule: Sendable, Hashable {
        package enum Trigger: Sendable, Hashable {
            /// A recording became durable here.
            case recordingStored
            /// A press; nil fits every button or gesture. Names as `Button` and `Gesture` print them.
            case buttonPressed(button: String?, gesture: String?)
            /// `done` of a job of this queue wrote its results.
            case finished(queue: String)
        }

        package let when: Trigger
        package let queue: String
        package let priority: JobPriority
        /// Attempts before the job is buried.
        package let attempts: Int

        package init(when: Trigger, queue: String, priority: JobPriority = .normal, attempts: Int = 8) {
            self.when = when
            self.queue = queue
            self.priority = priority
            self.attempts = attempts
        }
    }

    /// A text for the screen of the card whose button was pressed.
    package struct ScreenRule: Sendable, Hashable {
        package let when: Rule.Trigger
        package let text: ForeignText

        package init(when: Rule.Trigger, text: ForeignText) {
            self.when = when
            self.text = text
        }
    }

    /// The queue whose workers bring recordings to their destinations.
    package static let deliveries = "upload"

    package let rules: [Rule]
    package let screens: [ScreenRule]

    package init(_ rules: [Rule], screens: [ScreenRule] = []) {
        self.rules = rules
        self.screens = screens
    }
}
