import Drivers
import GATT
import Recordings

/// What is published while something runs.
final class Watcher: Sendable {
    private let state = WaitableState([Activity.What]())

    var seen: [Activity.What] { state.read { $0 } }

    func watch<R: Sendable>(_ world: DriverWorld, _ body: @escaping @Sendable () async throws -> R) async throws -> R {
        try await world.feed.withActivities { activities in
            try await withThrowingTaskGroup(of: R?.self) { group in
                group.addTask { try await body() }
                group.addTask {
                    for await activity in activities { self.state.change { $0.append(activity.what) } }
                    return nil
                }
                let result = try await group.next()
                group.cancelAll()
                guard let result, let value = result else { throw CancellationError() }
                return value
            }
        }
    }
}
