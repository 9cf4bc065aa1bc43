internal import Ledger
internal import Synchronization

/// The store's settings as they are now: read anew with the configuration, without a new store.
final class StorePolicy: Sendable {
    private let settings: Mutex<StoreSettings>

    init(_ settings: StoreSettings) { self.settings = Mutex(settings) }

    var release: ReleasePolicy { settings.withLock { $0.release } }
    var reserve: UInt64 { settings.withLock { $0.reserve } }
    var owner: OwnerKeyring? { settings.withLock { $0.owner } }

    func use(_ settings: StoreSettings) { self.settings.withLock { $0 = settings } }
}
