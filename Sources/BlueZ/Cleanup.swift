/// Runs what has to be undone, also when the calling task was cancelled: a call to the bus would end at once then.
///
/// A task of its own is the only way out of a cancelled one; it is awaited here. `body` is bounded by its calls' deadlines.
@discardableResult func uncancelled<R: Sendable>(_ body: @escaping @Sendable () async -> R) async -> R {
    await Task { await body() }.value
}
