/// Times of the profile (Pairing, connections, link; Status; Transfer).
enum CardRules {
    static let pairingMode: Duration = .seconds(60)
    /// A link that is not encrypted is dropped.
    static let unencrypted: Duration = .seconds(10)
    static let unencryptedInPairingMode: Duration = .seconds(60)
    /// A link on which the gateway sends nothing is dropped.
    static let silence: Duration = .seconds(120)
    /// How long a write waits for the confirmation of the response before it.
    static let confirmation: Duration = .milliseconds(500)
    /// Status is notified at most so often.
    static let statusInterval: Duration = .seconds(1)
    /// What the microphone gave is encoded and kept so often: a page at most.
    static let recordInterval: Duration = .seconds(1)
}
