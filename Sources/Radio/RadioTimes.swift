/// How long the radio waits for what. The defaults are what works in the field (docs/radio.md).
package struct RadioTimes: Sendable {
    /// How often to look for adapters that came, or came back, and for those that are off, while one is missing.
    package var adapterLook: Duration = .seconds(5)
    /// The same while all that were ever there are in use.
    package var quietAdapterLook: Duration = .seconds(12)
    /// Connecting and resolving together.
    package var connect: Duration = .seconds(20)
    /// One turn of listening; discovery begins anew with the next, since an unchanged advertisement is told once in each.
    package var listen: Duration = .seconds(10)
    /// The same while nothing is expected: each turn wakes this process, bluetoothd and the controller, and tells of every card anew.
    package var quietListen: Duration = .seconds(30)
    /// How long nobody listens between two turns while nothing is expected. A card that comes back in mid-transfer waits for it.
    package var rest: Duration = .seconds(2)
    /// An adapter that heard cards and hears none for so long is looked at. Longer than `quietListen`, in which a card that stays is told of once.
    package var silence: Duration = .seconds(45)
    /// How long it then listens to everything that is in the air.
    package var probe: Duration = .seconds(10)
    /// How long the other adapters leave a pairing to the one with the fewest cards, which may not hear the card.
    package var pairingHeadStart: Duration = .seconds(3)
    /// How long the calls to the host of one step of an adapter's loop may take together before the loop counts as stuck: each has a deadline
    /// of its own, of 20 s at most.
    package var hostCalls: Duration = .seconds(90)
    /// How long sessions may take to notice that their adapter is gone.
    package var farewell: Duration = .seconds(20)

    package init() {}
}
