/// How long bluetoothd 5.66 and the kernel below it take, and what they offer. The defaults are theirs.
package struct SimulatedSettings: Sendable {
    /// ATT_MTU that bluetoothd offers (main.conf, ExchangeMTU).
    package var maximumTransmissionUnit = 517
    /// How long a device that was only heard stays after it was heard last (main.conf, TemporaryTimeout).
    package var temporaryTimeout: Duration = .seconds(30)
    /// How long the kernel looks for a device that a client wants connected.
    package var connectTimeout: Duration = .seconds(20)
    /// What Disconnect waits so that profiles can say goodbye.
    package var disconnectDelay: Duration = .seconds(2)
    /// How long the kernel takes to end a link after bluetoothd has answered Disconnect and announced the end. A link that begins meanwhile is
    /// not announced as Connected, only by ServicesResolved.
    package var disconnectLag: Duration = .milliseconds(200)
    /// How often a scanning adapter hears a device that has nothing new to say.
    package var advertisingInterval: Duration = .seconds(1)
    /// How long a link lives after its peer fell silent.
    package var supervisionTimeout: Duration = .milliseconds(420)
    /// How long a pairing may wait for an answer (Core 5.4, Vol 3, Part H, 3.4).
    package var pairingTimeout: Duration = .seconds(30)

    package init() {}
}
