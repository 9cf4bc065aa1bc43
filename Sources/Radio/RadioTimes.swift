/// How long the radio waits for what. The defaults are what works in the field (docs/radio.md).
package struct RadioTimes: Sendable {
    /// How often to look for adapters that came, or came back, and for those that are off.
    package var adapterLook: Duration = .seconds(5)
    /// Connecting and resolving together.
    package var connect: Duration = .seconds(20)
    /// An adapter that heard cards and hears none for so long is looked at.
    package var silence: Duration = .seconds(30)
    /// How long it then listens to everything that is in the air.
    package var probe: Duration = .seconds(10)
    /// How long sessions may take to notice that their adapter is gone.
    package var farewell: Duration = .seconds(20)

    package init() {}
}
