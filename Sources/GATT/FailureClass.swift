/// The ways in which Bluetooth is known to fail on Linux, by the names that logs, cards' states, `SimulatedBlueZ` and docs/radio.md use.
///
/// `GATTError.Code` says what an operation's caller does next; this says what happened, where that can be told. What is done about each
/// stands in Radio (`RetryRule`).
package enum FailureClass: String, Sendable, Hashable, CaseIterable {
    /// The local controller or kernel cut the attempt short.
    case abortedByLocal = "le-connection-abort-by-local"
    /// The kernel's ECONNABORTED: most often an adapter that scanned while it connected.
    case connectionAbort = "software-caused-connection-abort"
    /// ServicesResolved was announced, the objects did not follow.
    case servicesResolvedRace = "services-resolved-race"
    /// Service discovery ended with nothing, as after an ATT time-out.
    case emptyServiceTree = "empty-service-tree"
    /// The host dropped the device's object while it was being connected (TemporaryTimeout, RemoveDevice).
    case deviceRemoved = "device-removed"
    /// The host says that the same operation is under way.
    case inProgress = "in-progress"
    /// Discovery was begun again after a connection, and nothing is heard until it is begun once more.
    case scanNotResumed = "scan-not-resumed"
    /// The host uses handles of a service table that the peer has no longer.
    case staleCache = "stale-gatt-cache"
    /// An attribute's object went away under a session.
    case unknownObject = "unknown-object"
    /// The adapter holds all the links that it can, which it reports as if the peer were not there.
    case outOfLinkSlots = "out-of-link-slots"
    /// The controller stays in its initiating state: peers that are heard cannot be connected, none of them.
    case controllerStuck = "controller-stuck"
    /// The adapter answers commands no longer.
    case adapterHung = "adapter-hung"
    /// The adapter was taken away; it may come back under another hciN.
    case adapterGone = "adapter-gone"
    /// bluetoothd was stopped, restarted or crashed.
    case hostRestarted = "bluetoothd-restarted"
    /// The bus closed this process's connection, or is gone.
    case busLost = "bus-lost"
    /// Another program receives the values of this characteristic.
    case notificationsHeld = "notifications-held"
    /// A socket of values says nothing although the link answers.
    case muteSocket = "mute-socket"
    /// Values were dropped because they were taken too slowly.
    case socketOverflow = "socket-overflow"
    /// Only one of the two sides still holds the bond.
    case oneSidedBond = "one-sided-bond"
    /// An adapter that heard cards hears nothing at all.
    case silence = "advertisement-silence"
    /// Bluetooth is blocked by rfkill.
    case rfkillBlocked = "rfkill-block"
    /// bluetoothd did not ask the agent that this process registered.
    case wrongAgent = "wrong-agent"

    /// What it is, and what a person can do where it does not mend itself: one or two sentences.
    package var advice: String {
        switch self {
        case .abortedByLocal: "The Bluetooth controller gave the attempt up. It is repeated by itself."
        case .connectionAbort: "The kernel broke the attempt off. It is repeated by itself; another program that scans makes this worse."
        case .servicesResolvedRace: "bluetoothd said that all services are there and did not show them. The card is connected again by itself."
        case .emptyServiceTree: "The card's services could not be read. It is connected again by itself."
        case .deviceRemoved: "bluetoothd dropped the card while it was being connected. It is connected when it is heard again."
        case .inProgress: "bluetoothd is busy with the same. It is asked again by itself."
        case .scanNotResumed: "After a connection the adapter did not listen any more. Listening was begun again."
        case .staleCache:
            "bluetoothd remembers an older table of the card's services, as after a new firmware. It is connected again by itself; if this stays,"
                + " stop bluetoothd, delete /var/lib/bluetooth/ADAPTER/cache/CARD and start it."
        case .unknownObject: "bluetoothd took a part of the card away in mid-session. The card is connected again by itself."
        case .outOfLinkSlots: "The adapter holds no more links. The card's turn comes when another one is done; a second adapter helps."
        case .controllerStuck: "Cards are heard and none can be connected: the controller is stuck. The adapter is switched off and on."
        case .adapterHung:
            "The Bluetooth adapter does not answer, or is blocked, which Linux 6.1 does not tell apart: `sudo earshot doctor` does. Switching it off"
                + " and on did not help, or cannot be done: unplug it and plug it in again, or restart the box."
        case .adapterGone: "The Bluetooth adapter is gone: plug it in again. It is known by its address, whatever name it comes back under."
        case .hostRestarted: "bluetoothd was stopped, restarted or crashed. It is followed as soon as it is there again."
        case .busLost: "The system bus closed the connection, or is gone. earshotd ends, and systemd starts it again."
        case .notificationsHeld: "Another program receives this card's values. Close it; `[radio] allow_start_notify` is the other way out."
        case .muteSocket: "The link stands and no value comes over it. The card is connected again by itself."
        case .socketOverflow: "Values were lost because this machine was too slow for a moment. They are asked for again by itself."
        case .oneSidedBond:
            "Only one side still has the bond. Nothing is deleted for it, since somebody may be imitating the card: forget the card here and"
                + " this gateway on the card, then pair again."
        case .silence:
            "The adapter heard cards before and hears nothing at all now, also after it was switched off and on. If cards are near, unplug it and"
                + " plug it in again."
        case .rfkillBlocked: "Bluetooth is blocked by rfkill: run `rfkill unblock bluetooth`, or use the machine's switch."
        case .wrongAgent:
            "bluetoothd did not ask Earshot's agent: it was restarted meanwhile, or another program answers pairings. Pair again; close that"
                + " program if this stays."
        }
    }
}
