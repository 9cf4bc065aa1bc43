import Drivers
import Radio
import RecordingStore

/// Where a gateway of a world can be given something else than the product has there: a planted bug, or one that watches.
struct Seams: Sendable {
    var registry: @Sendable (any CardRegistry) -> any CardRegistry = { $0 }
    var driver: any CardDriver = RecorderCardDriver()
    var observer: StepObserver?
}
