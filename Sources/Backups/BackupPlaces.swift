package import Daemon

/// What a backup is made of, and goes back to.
package struct BackupPlaces: Sendable {
    package let places: Places
    /// Where bluetoothd keeps adapters and bonds.
    package let bluetooth: String
    /// For what is in between: nobody else may look into what is made there.
    let temporary: String

    package init(places: Places, bluetooth: String, temporary: String) {
        self.places = places
        self.bluetooth = bluetooth
        self.temporary = temporary
    }

    /// `/var/lib/bluetooth`, or what `EARSHOT_BLUETOOTH` says; `TMPDIR`, or a folder that survives a full memory.
    package init(environment: [String: String]) {
        func named(_ variable: String) -> String? { environment[variable].flatMap { $0.isEmpty ? nil : $0 } }
        self.init(
            places: Places(environment: environment), bluetooth: named("EARSHOT_BLUETOOTH") ?? "/var/lib/bluetooth",
            temporary: named("TMPDIR") ?? "/var/tmp")
    }
}
